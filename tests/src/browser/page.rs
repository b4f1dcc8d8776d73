//! One window, and what a person does in it.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::pipe::Pipe;

/// How long a page may take to show something, on a machine that does much else at the same time.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A window with its page. It closes when it is dropped: other tests use the same browser, and would go slower with each that stays.
#[derive(Debug)]
pub struct Page {
    pipe: Arc<Pipe>,
    /// Shares storage with the windows that have the same.
    context: String,
    target: String,
    session: String,
    /// Run before every document, also of another window.
    scripts: Mutex<Vec<String>>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.pipe.close(&self.target);
    }
}

impl Page {
    pub(super) async fn open(pipe: Arc<Pipe>, context: String) -> Self {
        let params = json!({"url": "about:blank", "browserContextId": context, "newWindow": true});
        let target = pipe.call(None, "Target.createTarget", params).await;
        let params = json!({"targetId": target["targetId"], "flatten": true});
        let attached = pipe.call(None, "Target.attachToTarget", params).await;
        let session = attached["sessionId"].as_str().expect("it has an id");
        let page = Self {
            pipe,
            context,
            target: target["targetId"]
                .as_str()
                .expect("it has an id")
                .to_owned(),
            session: session.to_owned(),
            scripts: Mutex::default(),
        };
        page.call("Page.enable", json!({})).await;
        page.call("Runtime.enable", json!({})).await;
        page.size(1200, 800).await;
        page
    }

    /// Another window of the same person: it shares their storage, and has the same scripts before its documents.
    pub async fn another(&self) -> Self {
        let page = Self::open(Arc::clone(&self.pipe), self.context.clone()).await;
        let scripts = self.scripts().clone();
        for script in scripts {
            page.before_every_document(&script).await;
        }
        page
    }

    /// One command of the `DevTools` protocol, and its result.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.pipe.call(Some(&self.session), method, params).await
    }

    /// Goes to an address, and waits until its document is there.
    pub async fn go(&self, url: &str) {
        // A mark that the next document has not got: the old one may still be there for a moment.
        self.eval("void (window.left = true)").await;
        let result = self.call("Page.navigate", json!({"url": url})).await;
        assert!(result["errorText"].is_null(), "{url}: {result}");
        self.until("!window.left && document.readyState === 'complete'")
            .await;
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.eval("void (window.left = true)").await;
        self.call("Page.reload", json!({})).await;
        self.until("!window.left && document.readyState === 'complete'")
            .await;
    }

    /// What a script will run before every document's own.
    pub async fn before_every_document(&self, script: &str) {
        let params = json!({"source": script});
        self.call("Page.addScriptToEvaluateOnNewDocument", params)
            .await;
        self.scripts().push(script.to_owned());
    }

    fn scripts(&self) -> MutexGuard<'_, Vec<String>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets requests whose address fits one of the patterns fail, as if their server could not be reached; with none, all pass.
    /// In a pattern, `*` stands for anything, and more may follow: `/members` fits `/members.js`.
    pub async fn block(&self, patterns: &[&str]) {
        self.call("Network.enable", json!({})).await;
        self.call("Network.setBlockedURLs", json!({"urls": patterns}))
            .await;
    }

    /// Lets requests whose address fits a pattern wait until [`let_go`](Self::let_go).
    pub async fn hold(&self, pattern: &str) {
        let params = json!({"patterns": [{"urlPattern": pattern}]});
        self.call("Fetch.enable", params).await;
    }

    /// What is held goes on.
    pub async fn let_go(&self) {
        self.call("Fetch.disable", json!({})).await;
    }

    /// Whether the machine has lost its network, as it tells its pages. Sockets that are open stay so.
    pub async fn offline(&self, offline: bool) {
        self.call("Network.enable", json!({})).await;
        let params = json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.call("Network.emulateNetworkConditions", params).await;
    }

    /// The value of an expression of JavaScript; of a promise, what it becomes. Panics with what it throws.
    pub async fn eval(&self, expression: &str) -> Value {
        match self.try_eval(expression).await {
            Ok(value) => value,
            Err(error) => panic!("{expression}: {error}"),
        }
    }

    /// Waits until an expression of JavaScript is true, for example whether something is shown. Panics with what is shown.
    pub async fn until(&self, expression: &str) {
        self.within(PATIENCE, expression).await;
    }

    /// The same, with another patience, and how long it took.
    pub async fn within(&self, patience: Duration, expression: &str) -> Duration {
        let begun = Instant::now();
        loop {
            // Between two documents nothing can be evaluated.
            let last = self.try_eval(&format!("Boolean({expression})")).await;
            if last == Ok(Value::Bool(true)) {
                return begun.elapsed();
            }
            if begun.elapsed() > patience {
                let shown = self.try_eval("document.body.innerText").await;
                let shown = shown.unwrap_or_default();
                let picture = self.picture("failed").await;
                panic!(
                    "not within {patience:?}: {expression}\n{last:?}\n{}\n{}",
                    shown.as_str().unwrap_or_default(),
                    picture.display()
                );
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Presses the mouse on the first element that a selector finds.
    pub async fn click(&self, selector: &str) {
        self.press(&format!("document.querySelector({})", json!(selector)))
            .await;
    }

    /// Presses the mouse on the button that is shown and has this text, or this name for screen readers.
    pub async fn click_button(&self, name: &str) {
        self.press(&format!(
            "[...document.querySelectorAll('button')].find(one => one.checkVisibility() \
             && [one.textContent.trim(), one.ariaLabel].includes({}))",
            json!(name)
        ))
        .await;
    }

    /// Presses the mouse on what an expression of JavaScript finds, once that is shown and can be used.
    async fn press(&self, found: &str) {
        self.until(&format!(
            "(it => it?.checkVisibility() && !it.disabled)({found})"
        ))
        .await;
        let at = self
            .eval(&format!(
                "(it => {{ it.scrollIntoView({{block: 'nearest'}}); \
                 const {{x, y, width, height}} = it.getBoundingClientRect(); \
                 return {{x: x + width / 2, y: y + height / 2}} }})({found})"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", params).await;
        }
    }

    /// Types a text into what has the focus.
    pub async fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Presses a key that writes nothing, such as `Enter`, `Tab` or `ArrowUp`, with `modifiers` as CDP counts them: 8 is Shift.
    pub async fn key(&self, key: &str, modifiers: u8) {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            "Home" => 36,
            "End" => 35,
            _ => 0,
        };
        let mut params = json!({"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers});
        if key == "Enter" {
            // The character is what submits a form.
            params["type"] = "keyDown".into();
            params["text"] = "\r".into();
        }
        self.call("Input.dispatchKeyEvent", params.clone()).await;
        params["type"] = "keyUp".into();
        self.call("Input.dispatchKeyEvent", params).await;
    }

    /// Turns the mouse wheel over the middle of an element.
    pub async fn wheel(&self, selector: &str, down: i32) {
        let at = self
            .eval(&format!(
                "(({{x, y, width, height}}) => ({{x: x + width / 2, y: y + height / 2}}))(document.querySelector({}).getBoundingClientRect())",
                json!(selector)
            ))
            .await;
        let params =
            json!({"type": "mouseWheel", "x": at["x"], "y": at["y"], "deltaX": 0, "deltaY": down});
        self.call("Input.dispatchMouseEvent", params).await;
    }

    /// The size of the window's inside, in CSS pixels.
    pub async fn size(&self, width: u32, height: u32) {
        let params =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", params)
            .await;
    }

    /// Whether the reader prefers dark colours.
    pub async fn dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let params = json!({"features": [{"name": "prefers-color-scheme", "value": value}]});
        self.call("Emulation.setEmulatedMedia", params).await;
    }

    /// Brings the window to the front.
    pub async fn to_front(&self) {
        self.call("Page.bringToFront", json!({})).await;
    }

    /// The same as [`picture`](Self::picture), if `GATEPOST_TEST_PICTURES` is set: a walk through every state has hundreds.
    pub async fn picture_if_wanted(&self, name: &str) {
        if std::env::var_os("GATEPOST_TEST_PICTURES").is_some() {
            self.picture(name).await;
        }
    }

    /// A PNG of what is shown, in `target/browser`, for people.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let shot = self.call("Page.captureScreenshot", json!({})).await;
        let data = shot["data"].as_str().expect("there is a picture");
        let data = BASE64_STANDARD.decode(data).expect("it is base64");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
        std::fs::create_dir_all(&folder).expect("the folder of pictures");
        let test = std::thread::current()
            .name()
            .unwrap_or("test")
            .replace("::", "-");
        let path = folder.join(format!("{test}-{name}.png"));
        std::fs::write(&path, data).expect("the picture is kept");
        path
    }

    /// Panics if a script has thrown something that nobody caught.
    #[track_caller]
    pub fn no_mistakes(&self) {
        let mistakes = self.pipe.mistakes(&self.session);
        assert!(mistakes.is_empty(), "{mistakes:#?}");
    }

    async fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let mut result = self.call("Runtime.evaluate", params).await;
        let thrown = &result["exceptionDetails"];
        if thrown.is_null() {
            return Ok(result["result"]["value"].take());
        }
        Err(thrown["exception"]["description"]
            .as_str()
            .map_or_else(|| thrown.to_string(), str::to_owned))
    }
}

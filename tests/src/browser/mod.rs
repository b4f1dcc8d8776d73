//! A real browser: Chromium without a window, driven over the `DevTools` protocol.
//!
//! The protocol is JSON between zero bytes on two pipes; what the tests need of it are a dozen commands, so it is spoken here
//! instead of through a crate that has all 600 of them to compile.

mod axe;
mod chromium;
mod install;
mod page;
mod pipe;

use std::{process::Stdio, sync::Arc};

use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub use self::{axe::Axe, page::Page};
use self::{chromium::Chromium, pipe::Pipe};

/// Hands the ends of our pipes to Chromium as its descriptors 3 and 4. It ends when they are closed, so none outlives its test.
const LAUNCH: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

/// Neither a window, nor the network beyond this machine, nor questions to a new user.
const OPTIONS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    // In a container /dev/shm is often too small.
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A running browser. It ends when it is dropped.
#[derive(Debug)]
pub struct Browser {
    pipe: Arc<Pipe>,
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium, which is found or installed; none, with a notice, where that is impossible and nobody insists.
    pub async fn start() -> Option<Self> {
        let chromium = Chromium::find_or_install().await?;
        let profile = TempDir::new().expect("a folder for the profile");
        let mut process = Command::new("sh")
            .args(["-c", LAUNCH])
            .arg(chromium.program())
            .args(OPTIONS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Chromium starts");
        let (to, from) = (process.stdin.take(), process.stdout.take());
        let pipe = Pipe::new(to.expect("it is piped"), from.expect("it is piped"));
        Some(Self {
            pipe,
            _process: process,
            _profile: profile,
        })
    }

    /// A window of somebody else: it shares neither storage nor cookies with any other.
    pub async fn stranger(&self) -> Page {
        let context = self
            .pipe
            .call(None, "Target.createBrowserContext", json!({}))
            .await;
        let id = context["browserContextId"].as_str().expect("it has an id");
        Page::open(Arc::clone(&self.pipe), id.to_owned()).await
    }
}

//! Whole stacks whose code changes under an open socket.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    progress::{Event, Progress},
    services::{Install, Lifetime},
    stack::{Stack, StackOptions},
};

/// Cargo and the compiler may have to wait for other tests.
const SOON: Duration = Duration::from_secs(60);

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes:
        $default: { FunctionArn: !GetAtt Hello.Arn, RouteResponseSelectionExpression: $default }
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Socket, RouteId: !Ref SocketDefaultRoute, RouteResponseKey: $default }
  Hello:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Runtime: provided.al2023 }
";

const METADATA: &str =
    "    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: hello } }\n";

const SCRIPT: &str = r#"#!/usr/bin/env python3
import http.client, json, os

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    event.read()
    path = "/2018-06-01/runtime/invocation/" + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    api.request("POST", path, json.dumps({"statusCode": 200, "body": "WORD"}))
    api.getresponse().read()
"#;

/// The same without a library: one connection for every request.
const RUST: &str = r##"
use std::{env, io::{Read, Write}, net::TcpStream};

fn call(head: &str, body: &str) -> String {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    write!(stream, "{head} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn main() {
    loop {
        let event = call("GET /2018-06-01/runtime/invocation/next", "");
        let name = "lambda-runtime-aws-request-id: ";
        let id = event.lines().find_map(|line| line.to_lowercase().strip_prefix(name).map(str::to_owned)).unwrap();
        call(&format!("POST /2018-06-01/runtime/invocation/{id}/response"), r#"{"statusCode":200,"body":"WORD"}"#);
    }
}
"##;

/// A stack that follows its code, one socket of it, and what the person at the terminal reads.
struct World {
    folder: TempDir,
    stack: Stack,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    told: Arc<Mutex<Vec<String>>>,
}

impl World {
    async fn start(template: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("template.yaml"), template).unwrap();
        for (name, text) in files {
            write(&folder.path().join("code").join(name), text);
        }
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let state = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local");
        let mut options = StackOptions::new(folder.path().join("template.yaml"), state);
        options.lifetime = Lifetime::Throwaway;
        options.install = Install::Private;
        options.watch = true;
        options.progress = Progress::new(move |event| {
            let (Event::Step(text) | Event::Detail(text)) = event;
            listener.lock().unwrap().push(text.to_owned());
        });
        let stack = Stack::start(options).await.unwrap();
        let (socket, _) = connect_async(stack.socket_url().unwrap()).await.unwrap();
        Self {
            folder,
            stack,
            socket,
            told,
        }
    }

    fn write(&self, name: &str, text: &str) {
        write(&self.folder.path().join("code").join(name), text);
    }

    /// What the function answers, over the one socket.
    async fn ask(&mut self) -> String {
        self.socket.send(Message::text("?")).await.unwrap();
        match timeout(SOON, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("the socket should be open, got {other:?}"),
        }
    }

    async fn told(&self, part: &str) {
        let waiting = async {
            while !self.has_been_told(part) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(SOON, waiting).await.is_err() {
            panic!("nobody said {part}: {:#?}", self.told.lock().unwrap());
        }
    }

    fn has_been_told(&self, part: &str) -> bool {
        let told = self.told.lock().unwrap();
        told.iter().any(|text| text.contains(part))
    }
}

/// Written beside its place and moved there, as editors save, so that no process meets half of it.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let half = path.with_extension("half~");
    fs::write(&half, text).unwrap();
    fs::set_permissions(&half, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(half, path).unwrap();
}

#[tokio::test]
async fn a_script_that_changes_takes_over_while_its_socket_is_open() {
    let script = |word: &str| SCRIPT.replace("WORD", word);
    let mut world = World::start(TEMPLATE, &[("bootstrap", &script("one"))]).await;
    assert_eq!(world.ask().await, "one");
    world.write("bootstrap", &script("two"));
    world.told("Hello reloaded").await;
    assert_eq!(world.ask().await, "two");

    fs::remove_file(world.folder.path().join("code/bootstrap")).unwrap();
    world
        .told("Hello runs on as it was: bootstrap is not an executable file")
        .await;
    assert_eq!(world.ask().await, "two", "the process that runs is kept");
    world.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_broken_build_keeps_the_old_function_and_shows_why() {
    let rust = |word: &str| RUST.replace("WORD", word);
    let manifest = "[package]\nname = \"hello\"\nedition = \"2024\"\n[workspace]\n";
    let template = format!("{TEMPLATE}{METADATA}");
    let files = [("Cargo.toml", manifest), ("src/main.rs", &rust("one"))];
    let mut world = World::start(&template, &files).await;
    assert_eq!(world.ask().await, "one");

    world.write("src/main.rs", "fn main() { nonsense }");
    world.told("cannot find value `nonsense`").await;
    world.told("The functions run on as they were").await;
    assert_eq!(world.ask().await, "one");

    world.write("src/main.rs", &rust("two"));
    world.told("Hello reloaded, built in").await;
    assert_eq!(world.ask().await, "two");
    world.stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_template_that_changes_waits_for_the_next_start_and_a_new_folder_is_seen() {
    let script = SCRIPT.replace("\"WORD\"", "open(\"parts/word\").read()");
    let files = [("bootstrap", script.as_str()), ("parts/word", "one")];
    let mut world = World::start(TEMPLATE, &files).await;
    assert_eq!(world.ask().await, "one");
    write(
        &world.folder.path().join("template.yaml"),
        &TEMPLATE.replace("action", "kind"),
    );
    world
        .told("template.yaml has changed: it takes effect when the stack is started again")
        .await;
    assert!(!world.has_been_told("Hello reloaded"));
    world.write("more/deep/part", "");
    world.told("Hello reloaded").await;
    world.stack.stop().await.unwrap();
}

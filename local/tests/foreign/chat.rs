//! `template.yaml` and `chat/` of this folder, end to end.

use std::{fs, path::Path, time::Duration};

use futures_util::{SinkExt, StreamExt};
use local::{
    services::{Install, Lifetime},
    stack::{Stack, StackOptions},
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Three Python processes start while other tests run.
const SOON: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn start(connections: &TempDir) -> Stack {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign/template.yaml");
    let state = concat!(env!("CARGO_MANIFEST_DIR"), "/../.local");
    let mut options = StackOptions::new(template, state);
    options.lifetime = Lifetime::Throwaway;
    options.install = Install::Private;
    let folder = connections.path().display().to_string();
    options
        .parameters
        .insert("ConnectionsFolder".to_owned(), folder);
    Stack::start(options).await.unwrap()
}

async fn open(stack: &Stack) -> Socket {
    let (socket, _) = connect_async(stack.socket_url().unwrap()).await.unwrap();
    socket
}

async fn say(socket: &mut Socket, data: &str) {
    let message = format!(r#"{{"action": "sendmessage", "data": "{data}"}}"#);
    socket.send(Message::text(message)).await.unwrap();
}

async fn hear(socket: &mut Socket) -> String {
    match timeout(SOON, socket.next()).await.unwrap() {
        Some(Ok(Message::Text(text))) => text.to_string(),
        other => panic!("expected a text message, got {other:?}"),
    }
}

async fn until_there_are(count: usize, folder: &Path) {
    let counted = async {
        while fs::read_dir(folder).unwrap().count() != count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, counted).await.unwrap();
}

#[tokio::test]
async fn a_sample_with_handlers_in_python_broadcasts_and_forgets_who_has_left() {
    let connections = tempfile::tempdir().unwrap();
    let stack = start(&connections).await;
    assert!(stack.socket_url().unwrap().ends_with("/Prod"));
    let (mut ada, mut bob) = (open(&stack).await, open(&stack).await);
    until_there_are(2, connections.path()).await;

    say(&mut ada, "hello").await;
    assert_eq!(hear(&mut ada).await, "hello");
    assert_eq!(hear(&mut bob).await, "hello");

    bob.close(None).await.unwrap();
    until_there_are(1, connections.path()).await;

    fs::write(connections.path().join("PJqB0fHsqRcCHlw="), "").unwrap();
    say(&mut ada, "who is there?").await;
    assert_eq!(hear(&mut ada).await, "who is there?");
    until_there_are(1, connections.path()).await;
    stack.stop().await.unwrap();
}

#[tokio::test]
async fn a_message_that_no_route_takes_is_forbidden() {
    let connections = tempfile::tempdir().unwrap();
    let stack = start(&connections).await;
    let mut ada = open(&stack).await;
    ada.send(Message::text(r#"{"action": "shout"}"#))
        .await
        .unwrap();
    let frame = hear(&mut ada).await;
    assert!(
        frame.starts_with(r#"{"message": "Forbidden", "connectionId":""#),
        "{frame}"
    );
    stack.stop().await.unwrap();
}

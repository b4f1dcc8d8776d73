//! permessage-deflate.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde_json::Value;

use super::{
    functions::{Reply, body, ok},
    raw::{COMPRESSED, FIN, MORE, Raw, Said, TEXT, frame},
    world::{Setup, World},
};

const OFFER: &str = "sec-websocket-extensions: permessage-deflate; client_max_window_bits";

fn echo(event: Value) -> Reply {
    body(event["body"].as_str().unwrap())
}

async fn world() -> World {
    let setup = Setup::new().one_way("$connect", |_| ok());
    setup.two_way("$default", echo).start().await
}

/// A client's two streams, which live as long as its socket.
struct Codec {
    compress: Compress,
    /// With the window that the gateway promises.
    decompress: Decompress,
}

impl Codec {
    fn new() -> Self {
        Self {
            compress: Compress::new(Compression::best(), false),
            decompress: Decompress::new_with_window_bits(false, 12),
        }
    }

    fn compressed(&mut self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 1024);
        self.compress
            .compress_vec(text.as_bytes(), &mut out, FlushCompress::Sync)
            .unwrap();
        out.truncate(out.len() - 4);
        out
    }

    fn text(&mut self, said: Said) -> String {
        let Said::Compressed(mut payload) = said else {
            panic!("not compressed: {said:?}")
        };
        payload.extend([0, 0, 0xFF, 0xFF]);
        let mut out = Vec::with_capacity(200_000);
        self.decompress
            .decompress_vec(&payload, &mut out, FlushDecompress::Sync)
            .unwrap();
        String::from_utf8(out).unwrap()
    }
}

#[tokio::test]
async fn the_handshake_is_what_aws_answers() {
    let world = world().await;
    let client = Raw::open(&world, &[OFFER]).await;
    let (status, headers) = client.head.split_once("\r\n").unwrap();
    assert_eq!(status, "HTTP/1.1 101 Switching Protocols");
    let mut headers: Vec<&str> = headers.trim().lines().collect();
    headers.retain(|header| !header.starts_with("date: "));
    headers.sort_unstable();
    assert_eq!(
        headers,
        [
            "connection: upgrade",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-extensions: permessage-deflate;server_max_window_bits=12",
            "upgrade: websocket",
        ]
    );
    assert_eq!(
        world.event("$connect", 0).await["headers"]["Sec-WebSocket-Extensions"],
        "permessage-deflate; client_max_window_bits"
    );
    let plain = Raw::open(&world, &[]).await;
    assert!(!plain.head.contains("extensions"), "{}", plain.head);
}

#[tokio::test]
async fn messages_are_compressed_in_both_directions() {
    let world = world().await;
    let mut client = Raw::open(&world, &[OFFER]).await;
    let mut codec = Codec::new();
    for round in 0..50 {
        let text =
            format!(r#"{{"type":"message","round":{round},"content":"the same words again"}}"#);
        let message = codec.compressed(&text);
        assert!(
            round == 0 || message.len() < text.len() / 2,
            "it refers to what was said"
        );
        client.send(frame(FIN | COMPRESSED | TEXT, message)).await;
        assert_eq!(codec.text(client.said().await), text);
    }
    // A client need not compress what is not worth it.
    client.send(frame(FIN | TEXT, "plain")).await;
    assert_eq!(codec.text(client.said().await), "plain");
    let message = codec.compressed("in pieces");
    let (first, second) = message.split_at(3);
    let pieces = [frame(COMPRESSED | TEXT, first), frame(FIN | MORE, second)].concat();
    client.send(pieces).await;
    assert_eq!(codec.text(client.said().await), "in pieces");
}

#[tokio::test]
async fn limits_hold_after_inflation() {
    let world = world().await;
    let most = "x".repeat(32 * 1024);
    let mut client = Raw::open(&world, &[OFFER]).await;
    let mut codec = Codec::new();
    client
        .send(frame(FIN | COMPRESSED | TEXT, codec.compressed(&most)))
        .await;
    assert_eq!(codec.text(client.said().await), most);
    let over = codec.compressed(&format!("{most}x"));
    client.send(frame(FIN | COMPRESSED | TEXT, over)).await;
    assert_eq!(client.said().await, Said::close(1009, "Message Too Big"));

    // With the switch a frame counts as it is on the wire, and a message as it is.
    let setup = Setup::new().two_way("$default", echo);
    let world = setup
        .unconfirmed(|unconfirmed| unconfirmed.limits_inflated_frames = false)
        .start()
        .await;
    for (length, fits) in [(128 * 1024, true), (128 * 1024 + 1, false)] {
        let mut client = Raw::open(&world, &[OFFER]).await;
        let mut codec = Codec::new();
        let text = "x".repeat(length);
        client
            .send(frame(FIN | COMPRESSED | TEXT, codec.compressed(&text)))
            .await;
        let said = client.said().await;
        if fits {
            assert_eq!(codec.text(said), text);
        } else {
            assert_eq!(said, Said::close(1009, "Message Too Big"));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_inflated_closes_the_socket() {
    let world = world().await;
    let mut client = Raw::open(&world, &[OFFER]).await;
    client
        .send(frame(FIN | COMPRESSED | TEXT, [0x07, 0xFF, 0xFF]))
        .await;
    assert_eq!(
        client.said().await,
        Said::close(1007, "Invalid frame payload data")
    );
}

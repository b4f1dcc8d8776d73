//! What a message costs in allocations, step by step of the function's own work. Counted, so that a noisy machine cannot hide a
//! change. `tests/tests/allocations.rs` counts a whole send, with PostgreSQL, Redis and the push.
//!
//! `cargo test -p shared --test allocations -- --nocapture` shows what each step takes now. A bound that is far above that is too
//! high: lower it.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

use allocation_counter::measure;
use chrono::Utc;
use serde_json::json;
use shared::{
    config::Config,
    connection::{SocketAnswer, SocketEvent},
    frame::{ClientFrame, ServerFrame},
    message::{Acked, Altered, Draft, Message, Receipt, Sender, first_trip, limits, second_trip},
    session::{Epoch, Role, SessionId, Visitor},
    token::KeyRing,
};
use uuid::Uuid;

/// Bytes of an ordinary message's text.
const TEXT: usize = 100;

/// At most so many allocations for each step, and so many bytes in all of them.
const BOUNDS: [(&str, u64, u64); 8] = [
    ("read the event", 10, 1_200),
    ("read the frame", 14, 1_250),
    ("check session and text", 8, 450),
    ("ask Redis first", 42, 10_800),
    ("encode the message", 7, 1_500),
    ("ask Redis second", 64, 9_300),
    ("write the push", 5, 1_600),
    ("write the ack and the answer", 8, 2_050),
];
/// A text of 16 KiB: at most so many times its size is allocated on its way from the frame to the push.
const LARGE: usize = 16 * 1024;
const LARGE_TIMES: u64 = 15;

/// What each step has taken.
#[derive(Default)]
struct Ledger(Vec<(&'static str, u64, u64)>);

impl Ledger {
    fn count<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let mut done = None;
        let counted = measure(|| done = Some(work()));
        self.0
            .push((step, counted.count_total, counted.bytes_total));
        done.unwrap()
    }

    fn judge(&self) {
        let mut over = Vec::new();
        for ((step, allocations, bytes), (name, most, most_bytes)) in self.0.iter().zip(BOUNDS) {
            assert_eq!(*step, name, "the steps come in the order of their bounds");
            println!(
                "{step:<30} {allocations:>3} of {most:>3} allocations, {bytes:>5} of {most_bytes:>5} bytes"
            );
            if *allocations > most || *bytes > most_bytes {
                over.push(step);
            }
        }
        assert_eq!(self.0.len(), BOUNDS.len());
        assert!(
            over.is_empty(),
            "these allocate more than they did: {over:?}"
        );
    }
}

fn config() -> Config {
    Config::read(|name| {
        let value = match name {
            "DATABASE_URL" => "postgres://127.0.0.1/nowhere",
            "REDIS_URL" => "redis://127.0.0.1",
            "SESSION_KEYS" | "TOKEN_KEYS" => "a-secret-of-more-than-32-characters",
            "WEBSOCKET_URL" => "ws://127.0.0.1/prod",
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI" => "http://127.0.0.1/prod",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

/// What the gateway makes of a frame.
fn event(frame: &str) -> String {
    json!({
        "requestContext": {
            "routeKey": "$default",
            "messageId": "ZLcDxfGZIAMCFYQ=",
            "eventType": "MESSAGE",
            "extendedRequestId": "ZLcDxG1DoAMFbzA=",
            "requestTime": "24/Nov/2026:12:00:00 +0000",
            "messageDirection": "IN",
            "stage": "prod",
            "connectedAt": 1_795_521_600_000_i64,
            "requestTimeEpoch": 1_795_521_660_000_i64,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"},
            "requestId": "ZLcDxG1DoAMFbzA=",
            "domainName": "abcd123456.execute-api.us-east-1.amazonaws.com",
            "connectionId": "ZLcDwdzWIAMCFYQ=",
            "apiId": "abcd123456",
            "authorizer": {
                "principalId": Uuid::now_v7(),
                "user_id": Uuid::now_v7(),
                "sign_in": Uuid::now_v7(),
                "device_id": "phone",
                "locale": "en",
                "integrationLatency": 3,
            },
        },
        "body": frame,
        "isBase64Encoded": false,
    })
    .to_string()
}

fn stored(visitor: &Visitor, draft: Draft) -> Message {
    Message {
        id: Uuid::now_v7(),
        session_id: visitor.session().as_str().to_owned(),
        seq: 1_234,
        change: 1_234,
        rev: 1,
        user_id: visitor.user(),
        role: Role::Owner,
        content: draft.content,
        metadata: draft.metadata,
        created_at: Utc::now(),
        edited_at: None,
        deleted_at: None,
    }
}

#[test]
fn an_ordinary_message_allocates_no_more_than_it_did() {
    // Only the first of a process prepares the scripts.
    send();
    send().judge();
}

/// Everything that a send does by itself.
fn send() -> Ledger {
    let config = config();
    let keys = KeyRing::parse("SESSION_KEYS", &config.session_keys).unwrap();
    let session = SessionId::sign(&keys, Uuid::now_v7());
    let frame = json!({"type": "message", "id": Uuid::now_v7(), "session_id": session.as_str(), "content": "x".repeat(TEXT)});
    let event = event(&frame.to_string());

    let mut ledger = Ledger::default();
    let (socket, frame) = ledger.count("read the event", || {
        let event: SocketEvent = serde_json::from_str(&event).unwrap();
        event.into_parts().unwrap()
    });
    let frame = ledger.count("read the frame", || ClientFrame::parse(&frame).1);
    let ClientFrame::Message {
        id,
        session_id,
        content,
        metadata,
    } = frame.unwrap()
    else {
        unreachable!("it is a message")
    };
    let (visitor, draft) = ledger.count("check session and text", || {
        let visitor = Visitor::verify(&keys, socket.user_id, &session_id).unwrap();
        let draft = Draft::new(&id, &content, metadata).unwrap();
        (visitor, draft)
    });
    let sender = Sender {
        visitor: &visitor,
        socket: Some(&socket),
    };
    let announcement = ledger.count("ask Redis first", || {
        let limits = limits(&config, &sender);
        let (pipeline, announcement) = first_trip(&config, &sender, &limits);
        pipeline.get_packed_pipeline();
        announcement
    });
    let (message, epoch) = (stored(&visitor, draft), Epoch::from_column("k3fQ"));
    let altered = ledger.count("encode the message", || {
        Altered::new(&message, None, &epoch)
    });
    ledger.count("ask Redis second", || {
        let audience = [visitor.user(), Uuid::now_v7()];
        second_trip(announcement, &sender, &altered, &audience).get_packed_pipeline()
    });
    ledger.count("write the push", || altered.frame().to_json());
    let acked = Acked {
        receipt: Receipt::from(&message),
        cursor: epoch.at(message.change),
        duplicate: false,
        reached: Some(1),
        rate: None,
    };
    ledger.count("write the ack and the answer", || {
        let body = ServerFrame::ack(&id, &acked).to_json();
        serde_json::to_vec(&SocketAnswer::body(Some(body))).unwrap()
    });
    ledger
}

#[test]
fn a_large_message_is_copied_no_more_often_than_it_was() {
    let keys = KeyRing::parse("SESSION_KEYS", &config().session_keys).unwrap();
    let session = SessionId::sign(&keys, Uuid::now_v7());
    let frame = json!({"type": "message", "id": "m1", "session_id": session.as_str(), "content": "x".repeat(LARGE)});
    let frame = frame.to_string();
    let visitor = Visitor::new(Uuid::now_v7(), session);
    let counted = measure(|| {
        let Ok(ClientFrame::Message {
            id,
            content,
            metadata,
            ..
        }) = ClientFrame::parse(&frame).1
        else {
            unreachable!("it is a message")
        };
        let message = stored(&visitor, Draft::new(&id, &content, metadata).unwrap());
        let altered = Altered::new(&message, None, &Epoch::from_column("k3fQ"));
        altered.frame().to_json();
    });
    let times = counted.bytes_total.div_ceil(LARGE as u64);
    println!("a text of {LARGE} bytes takes {times} of {LARGE_TIMES} times its size");
    assert!(times <= LARGE_TIMES);
}

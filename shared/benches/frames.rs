//! What a message costs in the function's own work: its frame read, its session's id checked, its text checked, and its frames written.
//!
//! `cargo bench -p shared --bench frames`. `cargo test -p shared --test allocations` counts the same steps' allocations.

use std::{hint::black_box, time::Duration};

use chrono::Utc;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, json};
use shared::{
    config::Secret,
    frame::{ClientFrame, ServerFrame},
    message::{Acked, Altered, Draft, Message, Receipt},
    session::{Epoch, Role, SessionId},
    token::KeyRing,
};
use uuid::Uuid;

/// An ordinary message, and one as large as is allowed.
const TEXT_BYTES: [usize; 2] = [100, 16 * 1024];

fn keys() -> KeyRing {
    let secret = Secret::from("a-secret-of-more-than-32-characters");
    KeyRing::parse("SESSION_KEYS", &secret).expect("it is long enough")
}

fn message(bytes: usize) -> Message {
    Message {
        id: Uuid::now_v7(),
        session_id: SessionId::sign(&keys(), Uuid::now_v7()).as_str().to_owned(),
        seq: 1,
        change: 1,
        rev: 1,
        user_id: Uuid::now_v7(),
        role: Role::Owner,
        content: "x".repeat(bytes),
        metadata: json!({}),
        created_at: Utc::now(),
        edited_at: None,
        deleted_at: None,
    }
}

fn epoch() -> Epoch {
    Epoch::from_column("k3fQ")
}

fn reading(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("read a frame");
    let session = message(0).session_id;
    for bytes in TEXT_BYTES {
        let frame = json!({"type": "message", "id": Uuid::now_v7(), "session_id": session, "content": "x".repeat(bytes)});
        let text = frame.to_string();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("message", bytes), &text, |bench, text| {
            bench.iter(|| ClientFrame::parse(black_box(text)))
        });
    }
    let cursors: Map<_, _> = (0..20)
        .map(|_| (message(0).session_id, json!("k3fQ.1")))
        .collect();
    let ping = json!({"type": "ping", "cursors": cursors}).to_string();
    group.throughput(Throughput::Bytes(ping.len() as u64));
    group.bench_function("ping with 20 cursors", |bench| {
        bench.iter(|| ClientFrame::parse(black_box(&ping)))
    });
    group.finish();
}

fn writing(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("write a frame");
    for bytes in TEXT_BYTES {
        let message = message(bytes);
        let epoch = epoch();
        group.bench_function(BenchmarkId::new("push", bytes), |bench| {
            bench.iter(|| {
                Altered::new(black_box(&message), None, &epoch)
                    .frame()
                    .to_json()
            })
        });
    }
    let acked = Acked {
        receipt: Receipt::from(&message(100)),
        cursor: epoch().at(1),
        duplicate: false,
        reached: Some(1),
        rate: None,
    };
    let id = Uuid::now_v7().to_string();
    group.bench_function("ack", |bench| {
        bench.iter(|| ServerFrame::ack(&id, black_box(&acked)).to_json())
    });
    group.finish();
}

fn checking(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("check");
    let (keys, id) = (keys(), Uuid::now_v7());
    group.bench_function("sign a session id", |bench| {
        bench.iter(|| SessionId::sign(&keys, black_box(id)))
    });
    let signed = SessionId::sign(&keys, id);
    group.bench_function("verify a session id", |bench| {
        bench.iter(|| SessionId::verify(&keys, black_box(signed.as_str())))
    });
    for bytes in TEXT_BYTES {
        let text = "x".repeat(bytes);
        group.bench_function(BenchmarkId::new("text", bytes), |bench| {
            bench.iter(|| Draft::new("key", black_box(&text), Map::new()))
        });
    }
    group.finish();
}

criterion_group! {
    name = frames;
    config = Criterion::default().measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    targets = reading, writing, checking
}
criterion_main!(frames);

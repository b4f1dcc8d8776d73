//! What a message's two trips to Redis cost, and reading the recent list.
//!
//! `cargo bench -p tests --bench redis`. Redis is a real one, without a proxy before it. Each figure is a whole round trip of one
//! caller that waits, as a function does; the empty trip is the least that one takes.

use std::{path::Path, time::Duration};

use chrono::Utc;
use criterion::{Criterion, criterion_group, criterion_main};
use local::{
    progress::Progress,
    services::{Install, Lifetime, Place, Redis, RedisKind},
};
use redis::Pipeline;
use serde_json::json;
use shared::{
    cache::Cache,
    config::{Config, Secret},
    connection::Socket,
    limit::{self, Answer, Limit, Who},
    message::{Altered, Message, Sender, first_trip, limits, second_trip},
    session::{
        Cursor, Epoch, Role, SessionId, Visitor,
        recent::{self, Reading},
    },
    token::KeyRing,
};
use tokio::runtime::Runtime;
use uuid::Uuid;

const SECRET: &str = "a-secret-of-more-than-32-characters";
const EPOCH: &str = "k3fQ";
/// Bytes of an ordinary message's text.
const TEXT: usize = 100;
/// Longer than any run of this.
const HOUR_SECONDS: i64 = 3_600;

fn trips(bench: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let (redis, _place) = runtime.block_on(start());
    let mut world = runtime.block_on(World::new(&redis));
    let mut group = bench.benchmark_group("redis");
    group.bench_function("an empty trip", |bench| {
        bench.iter(|| runtime.block_on(world.ping()))
    });
    group.bench_function("one limit", |bench| {
        bench.iter(|| runtime.block_on(world.one_limit()))
    });
    group.bench_function("first trip: limits and warning", |bench| {
        bench.iter_custom(|count| runtime.block_on(world.sends(count)).0)
    });
    group.bench_function("second trip: list and audience", |bench| {
        bench.iter_custom(|count| runtime.block_on(world.sends(count)).1)
    });
    group.bench_function("a read of the 20 newest", |bench| {
        bench.iter(|| runtime.block_on(world.read(20)))
    });
    group.bench_function("a read of all 200", |bench| {
        bench.iter(|| runtime.block_on(world.read(recent::CAPACITY as i64)))
    });
    group.finish();
    runtime.block_on(redis.stop()).expect("Redis stops");
}

/// Found or installed as the tests do it.
async fn start() -> (Redis, Place) {
    let state = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local");
    let progress = Progress::silent();
    let place = Place::open(&state, Lifetime::Throwaway, Install::Private, progress).await;
    let place = place.expect("a folder can be made");
    let redis = Redis::start(&place, RedisKind::Single).await;
    (redis.expect("Redis can be had"), place)
}

/// A session whose recent list is there, and somebody who sends to it.
struct World {
    config: Config,
    cache: Cache,
    visitor: Visitor,
    socket: Socket,
    change: i64,
}

impl World {
    async fn new(redis: &Redis) -> Self {
        let keys =
            KeyRing::parse("SESSION_KEYS", &Secret::from(SECRET)).expect("it is long enough");
        let (session, user) = (Uuid::now_v7(), Uuid::now_v7());
        let world = Self {
            config: config(redis.url()),
            cache: Cache::at(&Secret::from(redis.url())).expect("it is an address"),
            visitor: Visitor::new(user, SessionId::sign(&keys, session)),
            socket: Socket {
                connection_id: "ZLcDwdzWIAMCFYQ=".to_owned(),
                user_id: user,
                sign_in: Uuid::now_v7(),
                device_id: "phone".to_owned(),
                locale: "en".to_owned(),
                age: Duration::from_secs(60),
            },
            change: 0,
        };
        // What a refill of a new session leaves.
        let mut pipeline = redis::pipe();
        let (state, members) = (
            format!("{{s:{session}}}:state"),
            format!("{{s:{session}}}:members"),
        );
        let ends = Utc::now().timestamp_millis() + HOUR_SECONDS * 1_000;
        let fields = [
            ("head", "0"),
            ("floor", "0"),
            ("epoch", EPOCH),
            ("ends", &ends.to_string()),
        ];
        pipeline.hset_multiple(&state, &fields).ignore();
        pipeline.hset(&members, user.to_string(), "owner").ignore();
        for key in [state, members] {
            pipeline.expire(key, HOUR_SECONDS).ignore();
        }
        world.run::<()>(&pipeline).await;
        world
    }

    async fn run<T: redis::FromRedisValue>(&self, pipeline: &Pipeline) -> T {
        self.cache.run(pipeline).await.expect("Redis runs")
    }

    async fn ping(&self) {
        let mut pipeline = redis::pipe();
        pipeline.cmd("PING").ignore();
        self.run::<()>(&pipeline).await;
    }

    async fn one_limit(&self) {
        let limits = [Limit::typing(&self.config, "ZLcDwdzWIAMCFYQ=")];
        let mut pipeline = redis::pipe();
        limit::check(
            &mut pipeline,
            &self.config,
            &Who::user(self.visitor.user()),
            &limits,
        );
        let (answer,): (Answer,) = self.run(&pipeline).await;
        limit::decide(&self.config, &limits, &answer).expect("nobody meets it");
    }

    /// Everything of a send but its statement and its pushes: how long the first trips and the second took together.
    async fn sends(&mut self, count: u64) -> (Duration, Duration) {
        let (mut first, mut second) = (Duration::ZERO, Duration::ZERO);
        let (visitor, socket) = (self.visitor.clone(), self.socket.clone());
        let sender = Sender {
            visitor: &visitor,
            socket: Some(&socket),
        };
        for _ in 0..count {
            let began = std::time::Instant::now();
            let limits = limits(&self.config, &sender);
            let (pipeline, announcement) = first_trip(&self.config, &sender, &limits);
            let (answer, _, _): (Answer, i64, bool) = self.run(&pipeline).await;
            limit::decide(&self.config, &limits, &answer).expect("nobody meets them");
            first += began.elapsed();

            self.change += 1;
            let altered = Altered::new(&self.message(), None, &Epoch::from_column(EPOCH));
            let began = std::time::Instant::now();
            let audience = [self.visitor.user()];
            let pipeline = second_trip(announcement, &sender, &altered, &audience);
            let (appended, _): (i64, redis::Value) = self.run(&pipeline).await;
            second += began.elapsed();
            assert_eq!(appended, 1, "the list takes the message");
        }
        (first, second)
    }

    async fn read(&self, newest: i64) {
        let cursor = Cursor::of_change(self.change - newest);
        let reading = recent::read(&self.cache, &self.visitor, Some(&cursor)).await;
        match reading.expect("Redis runs") {
            Reading::Hit(list) => assert_eq!(list.messages.len() as i64, newest),
            other => panic!("the list is not there: {other:?}"),
        }
    }

    fn message(&self) -> Message {
        Message {
            id: Uuid::now_v7(),
            session_id: self.visitor.session().as_str().to_owned(),
            seq: self.change,
            change: self.change,
            rev: 1,
            user_id: self.visitor.user(),
            role: Role::Owner,
            content: "x".repeat(TEXT),
            metadata: json!({}),
            created_at: Utc::now(),
            edited_at: None,
            deleted_at: None,
        }
    }
}

/// Limits that nobody meets.
fn config(redis_url: &str) -> Config {
    let config = Config::read(|name| {
        let value = match name {
            "DATABASE_URL" => "postgres://127.0.0.1/nowhere",
            "REDIS_URL" => redis_url,
            "SESSION_KEYS" | "TOKEN_KEYS" => SECRET,
            "WEBSOCKET_URL" => "ws://127.0.0.1/prod",
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI" => "http://127.0.0.1/prod",
            "RATE_LIMIT_MESSAGES" | "QUOTA_MESSAGES" | "RATE_LIMIT_TYPING" => "1000000000",
            _ => return None,
        };
        Some(value.to_owned())
    });
    config.expect("nothing is missing")
}

criterion_group! {
    name = redis_trips;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = trips
}
criterion_main!(redis_trips);

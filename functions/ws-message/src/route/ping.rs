//! `ping`: I live, and I have this. The heartbeat that finds what a push lost.

use std::collections::HashSet;

use redis::{FromRedisValue, ParsingError, Pipeline, Value};
use shared::{
    App,
    code::{Failure, log_failure},
    connection::{self, Socket},
    entry::{self, Entry},
    frame::ServerFrame,
    limit::Limit,
    session::{Cursor, Visitor, recent},
    timestamp,
};

/// Registers the socket as seen now and names the sessions in which it may have missed something. One round trip to Redis, and every
/// few seconds a look into PostgreSQL before it; without Redis every session may have been missed, and a sync asks PostgreSQL. A session
/// whose id cannot be used is named like one that has news, for a sync says why: it must not cost the others their heartbeat.
pub(crate) async fn ping(
    app: &App,
    socket: &Socket,
    cursors: &[(String, Cursor)],
) -> Result<String, Failure> {
    let entry = Entry::of_frame(socket, Limit::syncs(&app.config, &socket.connection_id));
    let mut pipeline = redis::pipe();
    connection::touch(&mut pipeline, socket);
    entry.ask(&mut pipeline, &app.config);
    let mut asked = HashSet::new();
    for (session_id, cursor) in cursors {
        if let Ok(visitor) = Visitor::verify(&app.session_keys, socket.user_id, session_id) {
            recent::behind(&mut pipeline, &visitor, cursor);
            asked.insert(session_id);
        }
    }
    if !asked.is_empty() {
        recent::catch_up(app).await;
    }
    let mut answers = match ask(app, &pipeline).await {
        Some(asked) => {
            entry.decide(&app.config, &asked.entry)?;
            asked.behind.into_iter()
        }
        None => {
            entry.open(app)?;
            Vec::new().into_iter()
        }
    };
    hand_over(app, socket).await;
    let names = cursors.iter().map(|(name, _)| name);
    let behind = names.filter(|name| !asked.contains(name) || answers.next().unwrap_or(true));
    let pong = ServerFrame::Pong {
        server_time: timestamp::format(&timestamp::now()),
        behind: behind.map(String::as_str).collect(),
    };
    Ok(pong.to_json())
}

/// What Redis says: nothing while it is away.
async fn ask(app: &App, pipeline: &Pipeline) -> Option<Asked> {
    match app.cache.run(pipeline).await {
        Ok(asked) => {
            app.missed_pings
                .excuse(&app.cache, app.config.pong_wait)
                .await;
            Some(asked)
        }
        Err(error) => {
            app.missed_pings.note();
            log_failure(&error, "answering a ping");
            None
        }
    }
}

/// What Redis answers to a ping.
struct Asked {
    entry: entry::Answer,
    /// For each session that was asked about.
    behind: Vec<bool>,
}

impl FromRedisValue for Asked {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut answers = Vec::<Value>::from_redis_value(value)?.into_iter();
        Ok(Self {
            entry: entry::Answer::next_of(&mut answers)?,
            behind: answers
                .map(bool::from_redis_value)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// Tells a client whose socket comes to its end to open another.
async fn hand_over(app: &App, socket: &Socket) {
    if let Some(left) = connection::time_left(socket.age, app.config.ping_period) {
        let in_ms = left.as_millis() as u64;
        app.push
            .to_own(socket, &ServerFrame::Goaway { in_ms })
            .await;
    }
}

//! `ping`: I live, and I have this. The heartbeat that finds what a push lost.

use std::collections::HashSet;

use redis::Pipeline;
use shared::{
    App,
    code::{Failure, log_failure},
    connection::{self, Socket},
    frame::ServerFrame,
    session::{Cursor, Visitor, recent},
    sign_in::{self, SignedOut},
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
    let mut pipeline = redis::pipe();
    connection::touch(&mut pipeline, socket);
    sign_in::ask(&mut pipeline, socket.user_id, socket.sign_in);
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
    let mut answers = ask(app, &pipeline).await.into_iter();
    if answers.next() == Some(true) {
        return Err(SignedOut.into());
    }
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
async fn ask(app: &App, pipeline: &Pipeline) -> Vec<bool> {
    match app.cache.run(pipeline).await {
        Ok(answers) => {
            app.missed_pings
                .excuse(&app.cache, app.config.pong_wait)
                .await;
            answers
        }
        Err(error) => {
            app.missed_pings.note();
            log_failure(&error, "answering a ping");
            Vec::new()
        }
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

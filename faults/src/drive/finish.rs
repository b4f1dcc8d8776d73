//! After the faults: everybody catches up, says a last word, and the database is read.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::world::World;
use crate::{
    client::{Command, Snapshot, View},
    history::{self, Row, Seen, Session, User, What},
};

/// What a ping period does not cover: that an old list may be believed until somebody looks (three seconds), and the answers to the ping
/// and to the sync that follows, on a machine that is busy.
const GRACE: Duration = Duration::from_secs(6);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// How long pushes may take in the calm.
const PUSHES: Duration = Duration::from_secs(2);

/// How a run of a seed came to rest.
pub(super) struct Convergence {
    /// How long it took; none if it did not in time.
    pub(super) after: Option<Duration>,
    /// How long there was.
    pub(super) deadline: Duration,
}

/// A session in the database.
struct Stored {
    change: i64,
    rows: Vec<Row>,
    members: Vec<(User, i64)>,
}

/// Waits until everybody has everything, at most a ping period; then notes what they have.
pub(super) async fn converge(world: &World) -> Result<Convergence> {
    let (began, deadline) = (Instant::now(), world.patience.ping + GRACE);
    let mut after = None;
    while began.elapsed() < deadline {
        let stored = stored(world).await?;
        let snapshots = snapshots(world).await;
        if world.tasks.is_empty() && has_everything(&stored, &snapshots) {
            after = Some(began.elapsed());
            break;
        }
        sleep(LOOK).await;
    }
    note(world).await?;
    Ok(Convergence { after, deadline })
}

/// Everybody says something in every session, now that nothing is broken.
pub(super) async fn calm(world: &World) -> Result<()> {
    world.recorder.note(What::Calm);
    for device in world.devices.iter() {
        device.tell(Command::Greet);
        sleep(Duration::from_millis(30)).await;
    }
    let began = Instant::now();
    while began.elapsed() < world.patience.ping {
        let snapshots = snapshots(world).await;
        if snapshots
            .iter()
            .all(|(_, snapshot)| snapshot.unsettled == 0)
        {
            break;
        }
        sleep(LOOK).await;
    }
    sleep(PUSHES).await;
    note(world).await
}

/// The histories and the lists that REST gives. The tables have been noted before.
pub(super) async fn last_look(world: &World) -> Result<()> {
    let stored = stored(world).await?;
    for (session, stored) in &stored {
        for (user, _) in &stored.members {
            let seen = history(world, *user, *session).await?;
            world.recorder.note(What::History {
                user: *user,
                session: *session,
                seen,
            });
        }
    }
    for account in &world.accounts {
        let list = account
            .ask(Method::GET, "/api/chat/sessions", &[], None)
            .await;
        let list = list.map_err(|error| anyhow!("listing sessions: {error:?}"))?;
        for listed in list["sessions"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let session = listed["session_id"]
                .as_str()
                .and_then(|id| world.names.session(id));
            if let (Some(session), Some(read_seq), Some(unread)) = (
                session,
                listed["read_seq"].as_i64(),
                listed["unread"].as_i64(),
            ) {
                world.recorder.note(What::Listed {
                    user: account.user,
                    session,
                    read_seq,
                    unread,
                });
            }
        }
    }
    Ok(())
}

fn has_everything(
    stored: &BTreeMap<Session, Stored>,
    snapshots: &[(history::Device, Snapshot)],
) -> bool {
    snapshots.iter().all(|(device, snapshot)| {
        let of_user = stored
            .iter()
            .filter(|(_, stored)| stored.members.iter().any(|(user, _)| *user == device.user));
        let mut heads = of_user.map(|(session, stored)| (session, stored.change));
        snapshot.is_open
            && snapshot.unsettled == 0
            && heads.all(|(session, change)| {
                snapshot
                    .views
                    .get(session)
                    .is_some_and(|view| view.cursor() == change)
            })
    })
}

/// Notes the tables and then the views of their members' devices.
async fn note(world: &World) -> Result<()> {
    let stored = stored(world).await?;
    let snapshots = snapshots(world).await;
    for (session, stored) in &stored {
        let Stored {
            change,
            rows,
            members,
        } = stored;
        world.recorder.note(What::Table {
            session: *session,
            change: *change,
            rows: rows.clone(),
            members: members.clone(),
        });
        for (device, snapshot) in &snapshots {
            if members.iter().any(|(user, _)| *user == device.user) {
                let view = snapshot.views.get(session).cloned().unwrap_or_default();
                world.recorder.note(view_of(*device, *session, &view));
            }
        }
    }
    Ok(())
}

fn view_of(device: history::Device, session: Session, view: &View) -> What {
    What::View {
        device,
        session,
        cursor: view.cursor(),
        seen: view.messages().values().cloned().collect(),
    }
}

async fn snapshots(world: &World) -> Vec<(history::Device, Snapshot)> {
    let mut snapshots = Vec::new();
    for device in world.devices.iter() {
        if let Some(snapshot) = device.snapshot().await {
            snapshots.push((device.name, snapshot));
        }
    }
    snapshots
}

async fn stored(world: &World) -> Result<BTreeMap<Session, Stored>> {
    let database = world.database().await?;
    let mut all = BTreeMap::new();
    for row in database
        .query_typed("SELECT id::text, change FROM sessions", &[])
        .await
        .context("reading the sessions")?
    {
        let (id, change): (String, i64) = (row.get(0), row.get(1));
        if let Some(session) = world.names.session(&id) {
            all.insert(
                session,
                Stored {
                    change,
                    rows: Vec::new(),
                    members: Vec::new(),
                },
            );
        }
    }
    for row in database
        .query_typed(include_str!("messages.sql"), &[])
        .await
        .context("reading the messages")?
    {
        let session: String = row.get("session_id");
        let Some(stored) = world
            .names
            .session(&session)
            .and_then(|session| all.get_mut(&session))
        else {
            continue;
        };
        let author: String = row.get("user_id");
        let seen = Seen {
            id: row.get("id"),
            seq: row.get("seq"),
            change: row.get("change"),
            rev: row.get("rev"),
            author: world.names.user(&author).context("a message of nobody's")?,
            content: row.get("content"),
            created_at: row.get("created_at"),
            deleted: row.get("deleted"),
        };
        stored.rows.push(Row {
            seen,
            key: row.get("idempotency_key"),
        });
    }
    for row in database
        .query_typed(
            "SELECT session_id::text, user_id::text, read_seq FROM members",
            &[],
        )
        .await
        .context("reading the members")?
    {
        let (session, user): (String, String) = (row.get(0), row.get(1));
        let session = world
            .names
            .session(&session)
            .and_then(|session| all.get_mut(&session));
        if let (Some(stored), Some(user)) = (session, world.names.user(&user)) {
            stored.members.push((user, row.get(2)));
        }
    }
    Ok(all)
}

/// All of a session's history, page by page.
async fn history(world: &World, user: User, session: Session) -> Result<Vec<Seen>> {
    let id = world.names.session_id(session);
    let (mut seen, mut before) = (Vec::new(), i64::MAX);
    loop {
        let before_seq = before.to_string();
        let query = [
            ("session_id", id.as_str()),
            ("before_seq", before_seq.as_str()),
            ("limit", "200"),
        ];
        let page = world.accounts[user.0]
            .ask(Method::GET, "/api/chat/messages", &query, None)
            .await;
        let page: Value = page.map_err(|error| anyhow!("reading a history: {error:?}"))?;
        let messages = crate::client::read_page(&world.names, &page["messages"]);
        before = messages.first().map_or(0, |first| first.seq);
        seen.splice(0..0, messages);
        if page["complete"] == true || before <= 1 {
            return Ok(seen);
        }
    }
}

//! Refilling the list from PostgreSQL.

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{CAPACITY, Keys, Recent, lease::Lease, lua, write};
use crate::{
    App,
    code::log_failure,
    message::{Encoded, Message},
    session::{Epoch, SessionError, SessionId, Visitor},
};

/// How long members are believed without asking again, whatever else went wrong.
const MEMBERS_SECONDS: u64 = 60;

/// What PostgreSQL says of a session at one moment.
struct Snapshot {
    recent: Recent,
    ends: DateTime<Utc>,
    members: Vec<(Uuid, String)>,
}

/// Reads the newest changes and the members for one of them, and fills the list if the lease still holds. One statement, one round trip
/// to Redis.
pub async fn refill(app: &App, visitor: &Visitor, lease: Lease) -> Result<Recent, SessionError> {
    let session = visitor.session();
    let snapshot = match take(app, visitor).await {
        Ok(snapshot) if snapshot.ends > Utc::now() => snapshot,
        other => {
            lease.give_back(&app.cache, session.id).await;
            return Err(other.err().unwrap_or(SessionError::Expired));
        }
    };
    let filled = fill(session, &snapshot, lease);
    if let Err(error) = app.cache.run::<(i64,)>(&filled).await {
        log_failure(&error, "filling a session's recent list");
    }
    Ok(snapshot.recent)
}

async fn take(app: &App, visitor: &Visitor) -> Result<Snapshot, SessionError> {
    let [session_id, user_id] = visitor.params();
    let params = [session_id, user_id, (&(CAPACITY as i64) as _, Type::INT8)];
    let rows = app
        .database
        .query(include_str!("../sql/snapshot.sql"), &params)
        .await?;
    let first = rows.first().ok_or(SessionError::NotAMember)?;
    let head: i64 = first.get("head");
    let users: Vec<Uuid> = first.get("users");
    let roles: Vec<String> = first.get("roles");
    Ok(Snapshot {
        recent: Recent {
            head,
            floor: (head - CAPACITY as i64).max(0),
            epoch: Epoch::from_column(first.get("epoch")),
            messages: rows
                .iter()
                .filter_map(|row| Message::from_optional_row(visitor.session(), row))
                .map(|message| Encoded::new(&message))
                .collect(),
        },
        ends: first.get("expires_at"),
        members: users.into_iter().zip(roles).collect(),
    })
}

fn fill(session: &SessionId, snapshot: &Snapshot, lease: Lease) -> redis::Pipeline {
    let keys = Keys::of(session.id);
    let mut pipeline = redis::pipe();
    lua::FILL.call(
        &mut pipeline,
        &[&keys.state, &keys.recent, &keys.members, &keys.lease],
    );
    pipeline
        .arg(lease.0.to_string())
        .arg(snapshot.recent.head)
        .arg(snapshot.recent.floor)
        .arg(snapshot.recent.epoch.as_str())
        .arg(snapshot.ends.timestamp_millis())
        .arg(write::LIST_SECONDS)
        .arg(MEMBERS_SECONDS)
        .arg(snapshot.members.len());
    for (user, role) in &snapshot.members {
        pipeline.arg(user.to_string()).arg(role);
    }
    for message in &snapshot.recent.messages {
        pipeline.arg(message.change()).arg(message.json());
    }
    pipeline
}

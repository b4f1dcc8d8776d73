//! `sync`: what have I missed?

use shared::{
    App,
    code::{Code, Coded, Failure},
    connection::Socket,
    entry::enter_by_socket,
    frame::{ServerFrame, SyncedSession},
    limit::Limit,
    message::{Reader, Since, SyncError},
    session::{Cursor, Visitor},
};

/// API Gateway carries 32 KB in a frame; the rest of a sync is had by another, or over REST.
const MAX_FRAME_BYTES: usize = 28 * 1024;
/// `{"type":"sync","id":"…","sessions":[]}` with the longest id, every character of it escaped.
const ENVELOPE_BYTES: usize = 512;
/// What the digits of a change and an error may add to a session that has nothing.
const GROWTH_BYTES: usize = 64;
/// No more messages than this fit into a frame.
const MAX_MESSAGES: usize = 100;

/// Answers with what follows each cursor, as far as it fits into a frame.
pub(crate) async fn sync(
    app: &App,
    socket: &Socket,
    id: &str,
    cursors: &[(String, Cursor)],
) -> Result<String, Failure> {
    let limit = Limit::syncs(&app.config, &socket.connection_id);
    enter_by_socket(app, socket, limit).await?;
    let mut sessions: Vec<_> = cursors.iter().map(nothing).collect();
    let own = sessions.iter().map(|session| size(session) + GROWTH_BYTES);
    let mut room = (MAX_FRAME_BYTES - ENVELOPE_BYTES).saturating_sub(own.sum());
    let mut reader = Reader::new(app);
    for session in &mut sessions {
        if room > 0 {
            fill(app, &mut reader, socket, session, &mut room).await?;
        }
    }
    Ok(ServerFrame::Sync { id, sessions }.to_json())
}

/// A session of which nothing is told yet.
fn nothing((session_id, cursor): &(String, Cursor)) -> SyncedSession<'_> {
    SyncedSession {
        session_id,
        messages: Vec::new(),
        change: cursor.change,
        cursor: cursor.clone(),
        complete: false,
        error: None,
    }
}

fn size(session: &SyncedSession<'_>) -> usize {
    serde_json::to_vec(session).map_or(0, |json| json.len())
}

/// Adds what follows the cursor, or why that cannot be had.
async fn fill(
    app: &App,
    reader: &mut Reader<'_>,
    socket: &Socket,
    session: &mut SyncedSession<'_>,
    room: &mut usize,
) -> Result<(), Failure> {
    let visitor = match Visitor::verify(&app.session_keys, socket.user_id, session.session_id) {
        Ok(visitor) => visitor,
        Err(error) => {
            session.error = Some(error.code().as_str());
            return Ok(());
        }
    };
    let after = session.change;
    let from = Since::Cursor(session.cursor.clone());
    match reader.since(&visitor, &from, MAX_MESSAGES).await {
        Ok(mut page) => {
            *room -= page.fit(*room, after);
            session.messages = page.messages;
            session.change = page.cursor.change;
            session.cursor = page.cursor;
            session.complete = page.complete;
        }
        Err(error) if is_about_the_session(&error) => session.error = Some(error.code().as_str()),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// One session that has ended must not keep a client from syncing the others; a database that is away must.
fn is_about_the_session(error: &SyncError) -> bool {
    matches!(
        error.code(),
        Code::NotAMember | Code::SessionExpired | Code::Reset
    )
}

//! `sync`: what have I missed?

use shared::{
    App,
    code::{Code, Coded, Failure},
    connection::Socket,
    frame::{ServerFrame, SyncedSession},
    message::{Since, SyncError, since},
    session::Visitor,
};

/// API Gateway carries 32 KB in a frame; the rest of a sync is to be had over REST.
const MAX_FRAME_BYTES: usize = 28 * 1024;
/// A session in the answer: its id, its cursor and the names of its fields.
const SESSION_BYTES: usize = 256;
/// No more messages than this fit into a frame.
const MAX_MESSAGES: usize = 100;

/// Answers with what follows each cursor, as far as it fits into a frame.
pub(crate) async fn sync(
    app: &App,
    socket: &Socket,
    id: &str,
    cursors: &[(String, i64)],
) -> Result<String, Failure> {
    let mut room = MAX_FRAME_BYTES - SESSION_BYTES;
    let mut sessions = Vec::with_capacity(cursors.len());
    for (session_id, cursor) in cursors {
        room = room.saturating_sub(SESSION_BYTES);
        let synced = session(app, socket, session_id, *cursor, &mut room).await?;
        sessions.push(synced);
    }
    Ok(ServerFrame::Sync { id, sessions }.to_json())
}

async fn session<'a>(
    app: &App,
    socket: &Socket,
    session_id: &'a str,
    cursor: i64,
    room: &mut usize,
) -> Result<SyncedSession<'a>, Failure> {
    let nothing = SyncedSession {
        session_id,
        messages: Vec::new(),
        change: cursor,
        complete: false,
        error: None,
    };
    if *room == 0 {
        return Ok(nothing);
    }
    let page = match Visitor::verify(&app.session_keys, socket.user_id, session_id) {
        Ok(visitor) => since(app, &visitor, Since::Change(cursor), MAX_MESSAGES).await,
        Err(error) => {
            return Ok(SyncedSession {
                error: Some(error.code().as_str()),
                ..nothing
            });
        }
    };
    match page {
        Ok(mut page) => {
            *room -= page.fit(*room, cursor);
            Ok(SyncedSession {
                messages: page.messages,
                change: page.change,
                complete: page.complete,
                ..nothing
            })
        }
        Err(error) if is_about_the_session(&error) => Ok(SyncedSession {
            error: Some(error.code().as_str()),
            ..nothing
        }),
        Err(error) => Err(error.into()),
    }
}

/// One session that has ended must not keep a client from syncing the others; a database that is away must.
fn is_about_the_session(error: &SyncError) -> bool {
    matches!(error.code(), Code::NotAMember | Code::SessionExpired)
}

//! `read`: I have seen everything up to here.

use shared::{
    App,
    code::{Failure, log_failure},
    connection::Socket,
    entry::enter_by_socket,
    frame::ServerFrame,
    limit::Limit,
    session::{Visitor, mark_read},
};

/// Moves the reader's mark, tells everybody else and acks.
pub(crate) async fn read(
    app: &App,
    socket: &Socket,
    id: &str,
    session_id: &str,
    seq: i64,
) -> Result<String, Failure> {
    let visitor = Visitor::verify(&app.session_keys, socket.user_id, session_id)?;
    let limit = Limit::reads(&app.config, &socket.connection_id);
    enter_by_socket(app, socket, limit).await?;
    let mark = mark_read(&app.database, &visitor, seq).await?;
    let (session_id, user_id, seq) = (visitor.session().as_str(), socket.user_id, mark.seq);
    let frame = ServerFrame::Read {
        session_id,
        user_id,
        seq,
    };
    if let Err(error) = app
        .push
        .to_users(&mark.audience, Some(socket), &frame)
        .await
    {
        log_failure(&error, "telling of a read mark");
    }
    Ok(ServerFrame::ReadAck {
        id,
        session_id,
        seq,
    }
    .to_json())
}

//! `read`: I have seen everything up to here.

use shared::{
    App,
    code::{Failure, log_failure},
    connection::Socket,
    frame::ServerFrame,
    limit::{self, Limit, Who},
    session::{Visitor, mark_read},
    sign_in::{self, SignedOut},
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
    begin(app, socket).await?;
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

/// Counts the frame and asks whether the socket's sign-in has ended: one round trip. Without Redis it goes on.
async fn begin(app: &App, socket: &Socket) -> Result<(), Failure> {
    let user = Who::user(socket.user_id);
    let limits = [Limit::reads(&app.config, &socket.connection_id)];
    let mut pipeline = redis::pipe();
    limit::check(&mut pipeline, &app.config, &user, &limits);
    sign_in::ask(&mut pipeline, socket.user_id, socket.sign_in);
    match app.cache.run::<(limit::Answer, bool)>(&pipeline).await {
        Ok((_, true)) => return Err(SignedOut.into()),
        Ok((answer, false)) => {
            limit::decide(&app.config, &limits, &answer)?;
        }
        Err(error) => {
            log_failure(&error, "counting a read mark");
            limit::open(app, &user, &limits)?;
        }
    }
    Ok(())
}

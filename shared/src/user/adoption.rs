//! A guest who logs in takes along what was theirs.

use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{
    App, cache::CacheError, code::log_failure, connection, database::DatabaseError,
    frame::ServerFrame, session::recent,
};

/// Moves a guest's sessions, roles, read marks and messages to the account that they have logged in to. The guest's sockets are told
/// to come back as who they are now. A caller who is no guest moves nothing.
pub async fn adopt_guest(app: &App, guest: Uuid, account: Uuid) -> Result<(), DatabaseError> {
    const SQL: &str = "SELECT user_adopt_guest($1, $2) AS sessions";
    let rows = app
        .database
        .query(SQL, &[(&guest, Type::UUID), (&account, Type::UUID)])
        .await?;
    let sessions: Vec<Uuid> = rows
        .first()
        .map(|row| row.get("sessions"))
        .unwrap_or_default();
    if sessions.is_empty() {
        return Ok(());
    }
    recent::forget_all(&app.cache, &sessions).await;
    if let Err(error) = say_goodbye(app, guest).await {
        log_failure(&error, "closing the sockets of a guest who logged in");
    }
    Ok(())
}

/// Closes the guest's sockets: their identity was fixed when they opened.
async fn say_goodbye(app: &App, guest: Uuid) -> Result<(), CacheError> {
    let mut pipeline = redis::pipe();
    connection::of_users(&mut pipeline, &[guest]);
    let sockets = connection::targets(&[guest], app.cache.run(&pipeline).await?);
    let bye = ServerFrame::Bye {
        code: "logged_in",
        retry: true,
    };
    for socket in &sockets {
        app.push.close(socket, &bye).await;
    }
    connection::forget(&app.cache, &sockets).await
}

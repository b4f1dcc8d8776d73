//! A guest who logs in takes along what was theirs.

use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{
    App,
    database::DatabaseError,
    frame::ServerFrame,
    session::{recent, tell_of_adoption},
    sign_in,
};

/// To a guest's sockets: who they are was fixed when they opened.
const LOGGED_IN: ServerFrame<'static> = ServerFrame::Bye {
    code: "logged_in",
    retry: true,
};

/// Moves a guest's sessions, roles, read marks and messages to the account that they have logged in to. The guest's sign-ins end, and
/// their sockets are told to come back as who they are now. The others are told who is there instead. A caller who is no guest moves nothing.
pub async fn adopt_guest(app: &App, guest: Uuid, account: Uuid) -> Result<(), DatabaseError> {
    const SQL: &str = "SELECT adopted, sessions, sign_ins FROM user_adopt_guest($1, $2)";
    let rows = app
        .database
        .query(SQL, &[(&guest, Type::UUID), (&account, Type::UUID)])
        .await?;
    let Some(row) = rows.first().filter(|row| row.get("adopted")) else {
        return Ok(());
    };
    let sessions: Vec<Uuid> = row.get("sessions");
    let forgotten = recent::forget_all(app, &sessions).await;
    sign_in::end(app, guest, &row.get::<_, Vec<Uuid>>("sign_ins"), &LOGGED_IN).await;
    tell_of_adoption(app, sessions, guest, account).await;
    forgotten
}

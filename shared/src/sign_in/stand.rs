//! Whether a sign-in still stands.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::mark;
use crate::{
    App,
    code::{Code, Coded, log_failure},
    database::{Database, DatabaseError},
};

/// The sign-in of whoever asked has ended. A socket is told so by its `bye`.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the sign-in has ended")]
pub struct SignedOut;

impl Coded for SignedOut {
    fn code(&self) -> Code {
        Code::Unauthorized
    }
}

/// What PostgreSQL says. One statement.
pub async fn stands(database: &Database, sign_in: Uuid) -> Result<bool, DatabaseError> {
    let rows = database
        .query(
            "SELECT sign_in_stands($1) AS stands",
            &[(&sign_in, Type::UUID)],
        )
        .await?;
    Ok(rows.first().is_some_and(|row| row.get("stands")))
}

/// Whether a user's sign-in has ended, by its mark: one round trip to Redis. PostgreSQL answers where Redis does not.
pub async fn has_ended(app: &App, user: Uuid, sign_in: Uuid) -> bool {
    let mut pipeline = redis::pipe();
    mark::ask(&mut pipeline, user, sign_in);
    match app.cache.run::<(bool,)>(&pipeline).await {
        Ok((ended,)) => return ended,
        Err(error) => log_failure(&error, "asking whether a sign-in has ended"),
    }
    ended_by_postgres(&app.database, sign_in).await
}

/// What PostgreSQL says where Redis does not; where neither does, an access token is believed: it lives for 15 minutes, and nothing can be
/// read or written without PostgreSQL.
pub(crate) async fn ended_by_postgres(database: &Database, sign_in: Uuid) -> bool {
    match stands(database, sign_in).await {
        Ok(stands) => !stands,
        Err(error) => {
            log_failure(&error, "asking whether a sign-in stands");
            false
        }
    }
}

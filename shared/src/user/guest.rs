//! Guests: users without credentials.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Locale, Profile};
use crate::database::{Database, DatabaseError};

/// Creates a user without credentials. Signing up later gives the same user credentials, so everything stays theirs.
pub async fn create_guest(database: &Database, locale: &Locale) -> Result<Profile, DatabaseError> {
    let user_id = Uuid::now_v7();
    database
        .query_once(
            "INSERT INTO users (id, locale) VALUES ($1, $2)",
            &[(&user_id, Type::UUID), (&locale.as_str(), Type::TEXT)],
        )
        .await?;
    Ok(Profile {
        user_id,
        locale: locale.as_str().to_owned(),
    })
}

//! Services: users that are programs, such as a shop's assistant. An operator makes them; they sign in with a key.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{
    code::{Code, Coded},
    database::{Database, DatabaseError},
    token::Identity,
};

/// What every key begins with, so that scanners for leaked secrets know one.
const PREFIX: &str = "gps_";
/// A longer text is no key of ours.
const MAX_KEY_BYTES: usize = 64;

/// A service, as an operator sees it.
#[derive(Debug)]
pub struct Service {
    /// What operators call it.
    pub name: String,
    /// The user that it is; stays the same when the key changes.
    pub user_id: Uuid,
    /// The sign-in of its present key.
    pub sign_in: Uuid,
    /// When the key was made.
    pub created_at: DateTime<Utc>,
    /// When the key was last used.
    pub seen_at: Option<DateTime<Utc>>,
}

/// A key, in the only place where it stands in clear.
pub struct ServiceKey(pub String);

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceKey")
    }
}

/// Why an operator's command changed nothing, or a key opened nothing.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The name is taken.
    #[error("there is a service of that name")]
    NameTaken,
    /// Not 1 to 63 lower-case letters, digits and hyphens.
    #[error(
        "a name has 1 to 63 lower-case letters, digits and hyphens, and does not begin with a hyphen"
    )]
    InvalidName,
    /// Nobody has the name.
    #[error("there is no service of that name")]
    Unknown,
    /// No service has the key, or not any more.
    #[error("no service has this key")]
    InvalidKey,
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(DatabaseError),
}

impl Coded for ServiceError {
    fn code(&self) -> Code {
        match self {
            Self::NameTaken | Self::InvalidName | Self::Unknown => Code::Internal,
            Self::InvalidKey => Code::InvalidCredentials,
            Self::Database(error) => error.code(),
        }
    }
}

impl From<DatabaseError> for ServiceError {
    fn from(error: DatabaseError) -> Self {
        if error.violates("services_name_key") {
            Self::NameTaken
        } else if error.violates("services_name_check") {
            Self::InvalidName
        } else {
            Self::Database(error)
        }
    }
}

impl ServiceKey {
    /// 256 random bits.
    fn random() -> Self {
        Self(format!(
            "{PREFIX}{}",
            URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
        ))
    }

    fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// Whose key it is: a service that signs in. No refresh token: a service asks again with its key.
    pub async fn sign_in(&self, database: &Database) -> Result<Identity, ServiceError> {
        if !self.0.starts_with(PREFIX) || self.0.len() > MAX_KEY_BYTES {
            return Err(ServiceError::InvalidKey);
        }
        let rows = database
            .query(
                include_str!("sql/service_sign_in.sql"),
                &[(&self.digest(), Type::BYTEA)],
            )
            .await?;
        let row = rows.first().ok_or(ServiceError::InvalidKey)?;
        Ok(Identity {
            user_id: row.get("user_id"),
            sign_in: row.get("id"),
            locale: row.get("locale"),
        })
    }
}

/// Makes a service: a user of its own, and a key.
pub async fn create_service(
    database: &Database,
    name: &str,
) -> Result<(Service, ServiceKey), ServiceError> {
    let key = ServiceKey::random();
    let (sign_in, user_id) = (Uuid::now_v7(), Uuid::now_v7());
    let params = [
        (&sign_in as _, Type::UUID),
        (&user_id as _, Type::UUID),
        (&name as _, Type::TEXT),
        (&key.digest() as _, Type::BYTEA),
    ];
    let rows = database
        .query_once(include_str!("sql/service_create.sql"), &params)
        .await?;
    let service = rows.first().map(Service::from_row);
    Ok((service.ok_or(ServiceError::Unknown)?, key))
}

/// Gives a service another key. The old one, its access tokens and tickets are worth nothing any more; the user stays.
/// Also gives the sign-in that ended.
pub async fn rotate_service(
    database: &Database,
    name: &str,
) -> Result<(Service, Uuid, ServiceKey), ServiceError> {
    let (key, sign_in) = (ServiceKey::random(), Uuid::now_v7());
    let params = [
        (&name as _, Type::TEXT),
        (&sign_in as _, Type::UUID),
        (&key.digest() as _, Type::BYTEA),
    ];
    let rows = database
        .query_once(include_str!("sql/service_rotate.sql"), &params)
        .await?;
    let row = rows.first().ok_or(ServiceError::Unknown)?;
    Ok((Service::from_row(row), row.get("ended"), key))
}

/// Takes a service's key away for good. Its user stays a member where it was, and what it said stays.
pub async fn revoke_service(database: &Database, name: &str) -> Result<Service, ServiceError> {
    const SQL: &str = "DELETE FROM services WHERE name = $1 \
                       RETURNING id, user_id, name, created_at, seen_at";
    let rows = database.query(SQL, &[(&name, Type::TEXT)]).await?;
    rows.first()
        .map(Service::from_row)
        .ok_or(ServiceError::Unknown)
}

/// All services, by name.
pub async fn list_services(database: &Database) -> Result<Vec<Service>, ServiceError> {
    const SQL: &str = "SELECT id, user_id, name, created_at, seen_at FROM services ORDER BY name";
    let rows = database.query(SQL, &[]).await?;
    Ok(rows.iter().map(Service::from_row).collect())
}

impl Service {
    fn from_row(row: &tokio_postgres::Row) -> Self {
        Self {
            name: row.get("name"),
            user_id: row.get("user_id"),
            sign_in: row.get("id"),
            created_at: row.get("created_at"),
            seen_at: row.get("seen_at"),
        }
    }
}

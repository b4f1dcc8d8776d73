//! Accounts: users with credentials.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Email, Locale, Password, Profile};
use crate::{
    code::{Code, Coded},
    database::{Database, DatabaseError},
    token::Identity,
};

/// Why nobody was signed up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// The address has an account.
    #[error("the address has an account")]
    EmailTaken,
    /// The guest already has credentials.
    #[error("the user has signed up before")]
    AlreadySignedUp,
    /// The caller is a service.
    #[error("a service signs in with its key")]
    Service,
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(DatabaseError),
}

impl Coded for SignUpError {
    fn code(&self) -> Code {
        match self {
            Self::EmailTaken => Code::EmailTaken,
            Self::AlreadySignedUp => Code::AlreadySignedUp,
            Self::Service => Code::Forbidden,
            Self::Database(error) => error.code(),
        }
    }
}

impl From<DatabaseError> for SignUpError {
    fn from(error: DatabaseError) -> Self {
        if error.violates("credentials_email_key") {
            Self::EmailTaken
        } else if error.violates("credentials_pkey") {
            Self::AlreadySignedUp
        } else {
            Self::Database(error)
        }
    }
}

/// Gives a guest credentials or, without one, creates a user who has them.
pub async fn sign_up(
    database: &Database,
    guest: Option<&Identity>,
    email: &Email,
    password: Password,
    locale: &Locale,
) -> Result<Profile, SignUpError> {
    let hash = password.hash().await;
    let user_id = guest.map_or_else(Uuid::now_v7, |guest| guest.user_id);
    let params = [
        (&user_id as _, Type::UUID),
        (&locale.as_str() as _, Type::TEXT),
        (&email.as_str() as _, Type::TEXT),
        (&hash as _, Type::TEXT),
    ];
    let rows = database
        .query_once(include_str!("sql/sign_up.sql"), &params)
        .await?;
    let row = rows.first().ok_or(SignUpError::Service)?;
    Ok(Profile {
        user_id,
        locale: row.get("locale"),
    })
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// An unknown address or a wrong password; which of the two, nobody is told.
    #[error("the credentials are wrong")]
    InvalidCredentials,
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for LogInError {
    fn code(&self) -> Code {
        match self {
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::Database(error) => error.code(),
        }
    }
}

/// Finds the user whose credentials these are. Without an address it takes as long as with a wrong password.
pub async fn log_in(
    database: &Database,
    email: Option<&Email>,
    password: Password,
) -> Result<Profile, LogInError> {
    const SQL: &str = "SELECT u.id, u.locale, c.password_hash \
                       FROM credentials c JOIN users u ON u.id = c.user_id WHERE c.email = $1";
    let address = email.map_or("", Email::as_str);
    let rows = database.query(SQL, &[(&address, Type::TEXT)]).await?;
    let account = rows.first();
    if !password
        .matches(account.map(|row| row.get("password_hash")))
        .await
    {
        return Err(LogInError::InvalidCredentials);
    }
    let row = account.ok_or(LogInError::InvalidCredentials)?;
    Ok(Profile {
        user_id: row.get("id"),
        locale: row.get("locale"),
    })
}

//! Attempts to sign in, counted by address and by account.
//!
//! Redis is asked first, so that a flood ends there. What it lets through, PostgreSQL counts as well: the count goes on while Redis is
//! away, and it is still there after Redis has forgotten its own. Next to a password's hash the statement costs nothing.

use tokio_postgres::types::Type;

use super::{Limit, Rate, RateLimited, Who, window};
use crate::{
    App,
    code::{Code, Coded, log_failure},
    database::DatabaseError,
    session::interval,
    user::Email,
};

/// Why an attempt is not made.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// There were too many.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// PostgreSQL did not answer: there is nobody to sign in to.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for AttemptError {
    fn code(&self) -> Code {
        match self {
            Self::RateLimited(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::RateLimited(error) => error.retry_after(),
            Self::Database(error) => error.retry_after(),
        }
    }

    fn rate(&self) -> Option<Rate> {
        match self {
            Self::RateLimited(error) => error.rate(),
            Self::Database(error) => error.rate(),
        }
    }
}

/// Counts an attempt to sign in from an address and, where one is named, to an account. `None` where limits are off.
///
/// Two round trips to Redis, for what the address has used up must not count against the account, and one to PostgreSQL.
pub async fn attempt(
    app: &App,
    ip: &str,
    email: Option<&Email>,
) -> Result<Option<Rate>, AttemptError> {
    if !app.config.limits {
        return Ok(None);
    }
    let address = Who::address(ip);
    let account = email.map(|email| Who::account(&app.token_keys, email));
    for who in std::iter::once(&address).chain(&account) {
        ask_redis(app, who).await?;
    }
    let keys: Vec<Vec<u8>> = std::iter::once(&address)
        .chain(&account)
        .map(|who| who.digest(&app.token_keys))
        .collect();
    Ok(Some(count(app, &keys).await?))
}

/// Where Redis is away nothing is open: PostgreSQL counts.
async fn ask_redis(app: &App, who: &Who) -> Result<(), RateLimited> {
    let limits = [Limit::auth(&app.config)];
    let mut pipeline = redis::pipe();
    window::check(&mut pipeline, &app.config, who, &limits);
    match app.cache.run::<(window::Answer,)>(&pipeline).await {
        Ok((answer,)) => window::decide(&app.config, &limits, &answer).map(|_| ()),
        Err(error) => {
            log_failure(&error, "counting an attempt to sign in");
            Ok(())
        }
    }
}

async fn count(app: &App, keys: &[Vec<u8>]) -> Result<Rate, AttemptError> {
    const SQL: &str = "SELECT allowed, remaining, reset_millis, wait_millis \
                       FROM attempt_count($1, $2, $3::text::interval)";
    let limit = Limit::auth(&app.config);
    let (max, period) = (
        i32::try_from(limit.max).unwrap_or(i32::MAX),
        interval(limit.period),
    );
    let params = [
        (&keys as _, Type::BYTEA_ARRAY),
        (&max as _, Type::INT4),
        (&period as _, Type::TEXT),
    ];
    let rows = app.database.query(SQL, &params).await?;
    let Some(row) = rows.first() else {
        return Err(RateLimited::new(&limit, 0, 0).into());
    };
    let reset: i64 = row.get("reset_millis");
    if row.get("allowed") {
        let remaining: i32 = row.get("remaining");
        Ok(Rate::new(limit.max, remaining.into(), reset))
    } else {
        Err(RateLimited::new(&limit, reset, row.get("wait_millis")).into())
    }
}

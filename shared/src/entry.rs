//! What whatever comes from a client passes before it is worked on: a limit, and the question whether the sign-in that it belongs to has
//! ended. One round trip to Redis for both.

use std::time::Duration;

use redis::{FromRedisValue, ParsingError, Pipeline, Value};
use uuid::Uuid;

use crate::{
    App,
    cache::CacheError,
    code::{Code, Coded, log_failure},
    config::Config,
    connection::Socket,
    limit::{self, Limit, Rate, RateLimited, Who},
    sign_in::{self, SignedOut},
    token::Identity,
};

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Too much of it in too short a time.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The sign-in has ended.
    #[error(transparent)]
    SignedOut(#[from] SignedOut),
}

impl Coded for EntryError {
    fn code(&self) -> Code {
        match self {
            Self::RateLimited(error) => error.code(),
            Self::SignedOut(error) => error.code(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(error) => error.retry_after(),
            Self::SignedOut(_) => None,
        }
    }

    fn rate(&self) -> Option<Rate> {
        match self {
            Self::RateLimited(error) => error.rate(),
            Self::SignedOut(_) => None,
        }
    }
}

/// What asks to come in.
#[derive(Debug)]
pub struct Entry {
    user: Uuid,
    sign_in: Uuid,
    limit: Limit,
}

/// What Redis answers to it.
#[derive(Debug)]
pub struct Answer {
    counted: limit::Answer,
    ended: bool,
}

impl Answer {
    /// Takes it from the answers of a pipeline, where it is next.
    pub fn next_of(answers: &mut impl Iterator<Item = Value>) -> Result<Self, ParsingError> {
        let mut next = || answers.next().unwrap_or(Value::Nil);
        Ok(Self {
            counted: limit::Answer::from_redis_value(next())?,
            ended: bool::from_redis_value(next())?,
        })
    }
}

impl FromRedisValue for Answer {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        Self::next_of(&mut Vec::<Value>::from_redis_value(value)?.into_iter())
    }
}

impl Entry {
    /// A frame of a socket.
    pub fn of_frame(socket: &Socket, limit: Limit) -> Self {
        Self {
            user: socket.user_id,
            sign_in: socket.sign_in,
            limit,
        }
    }

    /// A request that came with an access token.
    pub fn of_request(identity: &Identity, limit: Limit) -> Self {
        Self {
            user: identity.user_id,
            sign_in: identity.sign_in,
            limit,
        }
    }

    fn who(&self) -> Who {
        Who::user(self.user)
    }

    fn limits(&self) -> &[Limit] {
        std::slice::from_ref(&self.limit)
    }

    /// Adds both questions. Two answers, which are an [`Answer`].
    pub fn ask(&self, pipeline: &mut Pipeline, config: &Config) {
        limit::check(pipeline, config, &self.who(), self.limits());
        sign_in::ask(pipeline, self.user, self.sign_in);
    }

    /// Reads the answers: what is left of the limit, none where limits are off.
    pub fn decide(&self, config: &Config, answer: &Answer) -> Result<Option<Rate>, EntryError> {
        if answer.ended {
            return Err(SignedOut.into());
        }
        Ok(limit::decide(config, self.limits(), &answer.counted)?)
    }

    /// What stands behind the limit where Redis cannot be asked. Nobody is asked for the sign-in's end.
    pub fn open(&self, app: &App) -> Result<(), RateLimited> {
        limit::open(app, &self.who(), self.limits())
    }

    /// Asks in a round trip of its own.
    async fn ask_alone(&self, app: &App) -> Result<Answer, CacheError> {
        let mut pipeline = redis::pipe();
        self.ask(&mut pipeline, &app.config);
        app.cache.run(&pipeline).await
    }
}

/// Lets a frame in that asks Redis for nothing else at first. While Redis is away it goes on.
pub async fn enter_by_socket(app: &App, socket: &Socket, limit: Limit) -> Result<(), EntryError> {
    let entry = Entry::of_frame(socket, limit);
    match entry.ask_alone(app).await {
        Ok(answer) => entry.decide(&app.config, &answer).map(drop),
        Err(error) => {
            log_failure(&error, "letting a frame in");
            Ok(entry.open(app)?)
        }
    }
}

/// Lets a request in; `None` where limits are off or Redis is away. Then PostgreSQL says whether the sign-in stands.
pub async fn enter_by_request(
    app: &App,
    identity: &Identity,
    limit: Limit,
) -> Result<Option<Rate>, EntryError> {
    let entry = Entry::of_request(identity, limit);
    match entry.ask_alone(app).await {
        Ok(answer) => entry.decide(&app.config, &answer),
        Err(error) => {
            log_failure(&error, "letting a request in");
            entry.open(app)?;
            match sign_in::ended_by_postgres(&app.database, identity.sign_in).await {
                true => Err(SignedOut.into()),
                false => Ok(None),
            }
        }
    }
}

//! What every alteration of a session's messages has around its one statement: the limits and the warning to readers of the recent
//! list before it, the recent list and the pushes after it. Two round trips to Redis, the second while finding whom to push to.
//!
//! Without Redis that is noted in PostgreSQL for the readers of the list, one round trip more, and the others find out by their next sync.

use std::collections::HashMap;

use redis::{FromRedisValue, ParsingError, Pipeline, Value};
use uuid::Uuid;

use super::{Encoded, Message};
use crate::{
    App,
    code::log_failure,
    config::Config,
    connection::{self, Socket},
    database::DatabaseError,
    entry::EntryError,
    frame::ServerFrame,
    limit::{self, Limit, Rate, Who},
    session::{Epoch, Visitor, recent},
    sign_in::{self, SignedOut},
};

/// Who sends, edits or deletes, and from where.
#[derive(Debug)]
pub struct Sender<'a> {
    /// The user, and where. Each statement asks whether that is a member.
    pub visitor: &'a Visitor,
    /// The socket that the message came through; none over REST. It gets the ack and no push.
    pub socket: Option<&'a Socket>,
}

/// A message as it stands after a change that is committed.
#[derive(Debug)]
pub struct Altered {
    /// The message.
    pub(crate) message: Encoded,
    /// The change that it had before, unless it is new.
    pub(crate) was: Option<i64>,
    /// The database that this is in.
    pub(crate) epoch: Epoch,
    deleted: bool,
}

/// An alteration that readers have been warned of.
pub(super) struct Round {
    announcement: recent::Announcement,
    user: Who,
    /// The sender's rate, and their share of a day.
    limits: [Limit; 2],
    /// What is left of the sender's rate; none where limits are not counted.
    pub(super) rate: Option<Rate>,
    /// False when Redis was away: there is nothing to take back.
    reached: bool,
}

impl Round {
    /// Counts against the limits, warns readers of the recent list and asks whether the socket's sign-in has ended: the first round
    /// trip.
    pub(super) async fn begin(app: &App, sender: &Sender<'_>) -> Result<Self, EntryError> {
        let limits = limits(&app.config, sender);
        let (pipeline, announcement) = first_trip(&app.config, sender, &limits);
        let mut round = Self {
            announcement,
            user: Who::user(sender.visitor.user()),
            limits,
            rate: None,
            reached: true,
        };
        let begun = match app.cache.run::<Begun>(&pipeline).await {
            Ok(begun) => begun,
            Err(error) => {
                log_failure(&error, "announcing an alteration");
                limit::open(app, &round.user, &round.limits)?;
                round.reached = false;
                return Ok(round);
            }
        };
        match limit::decide(&app.config, &round.limits, &begun.counted) {
            Ok(_) if begun.signed_out => {
                round.withdraw(app).await;
                Err(SignedOut.into())
            }
            Ok(rate) => {
                round.rate = rate;
                Ok(round)
            }
            Err(limited) => {
                // It counted under neither limit, so there is nothing to give back.
                let mut pipeline = redis::pipe();
                recent::withdraw(&mut pipeline, round.announcement);
                round.close(app, &pipeline).await;
                match begun.signed_out {
                    true => Err(SignedOut.into()),
                    false => Err(limited.into()),
                }
            }
        }
    }

    /// Takes the warning back after a statement that altered nothing. It uses up none of the day's share.
    pub(super) async fn withdraw(&self, app: &App) {
        let mut pipeline = redis::pipe();
        recent::withdraw(&mut pipeline, self.announcement);
        self.give_back(app, &mut pipeline);
        self.close(app, &pipeline).await;
    }

    /// Takes the warning back after a statement that found its change committed before, by whomever. Neither does that. An error says
    /// that readers could not be told, so the sender must not be either.
    pub(super) async fn settle(
        &self,
        app: &App,
        change: i64,
        epoch: &Epoch,
    ) -> Result<(), DatabaseError> {
        let mut pipeline = redis::pipe();
        recent::settle(&mut pipeline, self.announcement, change, epoch);
        if self.reached {
            self.give_back(app, &mut pipeline);
        }
        match app.cache.run::<Vec<i64>>(&pipeline).await {
            Ok(_) => Ok(()),
            Err(error) => {
                log_failure(&error, "settling an alteration");
                self.announcement.note(app).await
            }
        }
    }

    fn give_back(&self, app: &App, pipeline: &mut redis::Pipeline) {
        let [_, day] = &self.limits;
        limit::give_back(pipeline, &app.config, &self.user, day);
    }

    async fn close(&self, app: &App, pipeline: &redis::Pipeline) {
        if !self.reached {
            return;
        }
        if let Err(error) = app.cache.run::<Vec<i64>>(pipeline).await {
            log_failure(&error, "withdrawing an alteration");
        }
    }

    /// Writes to the recent list and finds the audience's sockets, the second round trip; then pushes. Gives the number of users
    /// other than the sender for one of whose sockets the gateway took the push. An error says that neither the list could be written
    /// nor that noted for its readers: the alteration is stored, and the sender must not be told so before they can be.
    pub(super) async fn end(
        &self,
        app: &App,
        sender: &Sender<'_>,
        altered: &Altered,
        audience: &[Uuid],
    ) -> Result<usize, DatabaseError> {
        let pipeline = second_trip(self.announcement, sender, altered, audience);
        let told = app.cache.run_partly(&pipeline).await;
        let Told { appended, sockets } = told.unwrap_or_else(|error| {
            log_failure(&error, "finding the audience of a message");
            Told::default()
        });
        if !appended {
            self.announcement.note(app).await?;
        }
        let connections = connection::targets(audience, sockets);
        let frame = altered.frame();
        let report = app.push.to_others(connections, sender.socket, &frame).await;
        let sender = sender.visitor.user();
        let others = report.reached.iter().filter(|user| **user != sender);
        Ok(others.count())
    }
}

/// A sender's rate, and their share of a day.
pub fn limits(config: &Config, sender: &Sender<'_>) -> [Limit; 2] {
    let connection = sender.socket.map(|socket| socket.connection_id.as_str());
    [
        Limit::messages(config, connection),
        Limit::daily_messages(config),
    ]
}

/// What Redis is asked before the statement: whether the limits allow it, to warn readers and, for a socket, whether its sign-in has
/// ended. It answers each.
pub fn first_trip(
    config: &Config,
    sender: &Sender<'_>,
    limits: &[Limit],
) -> (Pipeline, recent::Announcement) {
    let mut pipeline = redis::pipe();
    let user = Who::user(sender.visitor.user());
    limit::check(&mut pipeline, config, &user, limits);
    let announcement = recent::announce(&mut pipeline, sender.visitor.session());
    if let Some(socket) = sender.socket {
        sign_in::ask(&mut pipeline, socket.user_id, socket.sign_in);
    }
    (pipeline, announcement)
}

/// What it is asked after the commit: to write to the recent list, and where the audience is. It answers the first, and for each user.
pub fn second_trip(
    announcement: recent::Announcement,
    sender: &Sender<'_>,
    altered: &Altered,
    audience: &[Uuid],
) -> Pipeline {
    let mut pipeline = redis::pipe();
    recent::append(&mut pipeline, announcement, altered);
    if let Some(socket) = sender.socket {
        connection::touch(&mut pipeline, socket);
    }
    connection::of_users(&mut pipeline, audience);
    pipeline
}

/// What Redis answers at the beginning of a round.
struct Begun {
    /// Of the limits.
    counted: limit::Answer,
    /// Whether the socket's sign-in has ended; over REST that was asked before.
    signed_out: bool,
}

impl FromRedisValue for Begun {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut answers = Vec::<Value>::from_redis_value(value)?.into_iter();
        let counted = limit::Answer::from_redis_value(answers.next().unwrap_or(Value::Nil))?;
        // The warning answers nothing of interest.
        let signed_out = answers.nth(1).map(bool::from_redis_value);
        Ok(Self {
            counted,
            signed_out: signed_out.transpose()?.unwrap_or(false),
        })
    }
}

/// What Redis answers at the end of a round. Empty where it could not be reached.
#[derive(Default)]
struct Told {
    /// Whether the recent list knows of the alteration.
    appended: bool,
    /// For each user of the audience.
    sockets: Vec<HashMap<String, String>>,
}

impl FromRedisValue for Told {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let mut answers = Vec::<Value>::from_redis_value(value)?.into_iter();
        Ok(Self {
            appended: answers.next().is_some_and(|answer| answer != Value::Nil),
            sockets: answers
                .map(HashMap::from_redis_value)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Altered {
    /// A message that is stored; `was` is the change that it had before, if it is not new.
    pub fn new(message: &Message, was: Option<i64>, epoch: &Epoch) -> Self {
        Self {
            message: Encoded::new(message),
            was,
            epoch: epoch.clone(),
            deleted: message.deleted_at.is_some(),
        }
    }

    /// What its readers are told.
    pub fn frame(&self) -> ServerFrame<'_> {
        let message = &self.message;
        let prev = message.change() - 1;
        let cursor = self.epoch.at(message.change());
        if self.deleted {
            ServerFrame::MessageDeleted {
                message,
                prev,
                cursor,
            }
        } else if self.was.is_some() {
            ServerFrame::MessageUpdated {
                message,
                prev,
                cursor,
            }
        } else {
            ServerFrame::Message {
                message,
                prev,
                cursor,
            }
        }
    }
}

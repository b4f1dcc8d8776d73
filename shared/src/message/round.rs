//! What every alteration of a session's messages has around its one statement: the limits and the warning to readers of the recent
//! list before it, the recent list and the pushes after it. Two round trips to Redis, the second while finding whom to push to.
//!
//! Without Redis the others find out by their next sync.

use uuid::Uuid;

use super::{Encoded, Message};
use crate::{
    App,
    code::log_failure,
    connection::{self, Socket},
    frame::ServerFrame,
    limit::{self, Limit, Rate, RateLimited},
    session::{Epoch, Visitor, recent},
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
pub(crate) struct Altered {
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
    /// What is left of the sender's rate; none where limits are not counted.
    pub(super) rate: Option<Rate>,
    /// False when Redis was away: there is nothing to take back.
    reached: bool,
}

impl Round {
    /// Counts against the limits and warns readers of the recent list: the first round trip.
    pub(super) async fn begin(app: &App, sender: &Sender<'_>) -> Result<Self, RateLimited> {
        let mut pipeline = redis::pipe();
        let user = sender.visitor.user().to_string();
        let who = sender.socket.map_or(&user, |socket| &socket.connection_id);
        limit::check(&mut pipeline, &Limit::messages(&app.config), who);
        limit::check(&mut pipeline, &Limit::daily_messages(&app.config), &user);
        let announcement = recent::announce(&mut pipeline, sender.visitor.session());
        let mut round = Self {
            announcement,
            rate: None,
            reached: true,
        };
        let answers = app
            .cache
            .run::<(limit::Answer, limit::Answer, i64)>(&pipeline);
        let (second, day) = match answers.await {
            Ok((second, day, _)) => (second, day),
            Err(error) => {
                log_failure(&error, "announcing an alteration");
                round.reached = false;
                return Ok(round);
            }
        };
        if !app.config.limits {
            return Ok(round);
        }
        let verdict = limit::decide(&Limit::messages(&app.config), second)
            .and_then(|rate| limit::decide(&Limit::daily_messages(&app.config), day).map(|_| rate));
        match verdict {
            Ok(rate) => {
                round.rate = Some(rate);
                Ok(round)
            }
            Err(limited) => {
                round.withdraw(app).await;
                Err(limited)
            }
        }
    }

    /// Takes the warning back after a statement that altered nothing.
    pub(super) async fn withdraw(&self, app: &App) {
        let mut pipeline = redis::pipe();
        recent::withdraw(&mut pipeline, self.announcement);
        self.close(app, &pipeline).await;
    }

    /// Takes the warning back after a statement that found its change committed before, by whomever.
    pub(super) async fn settle(&self, app: &App, change: i64, epoch: &Epoch) {
        let mut pipeline = redis::pipe();
        recent::settle(&mut pipeline, self.announcement, change, epoch);
        self.close(app, &pipeline).await;
    }

    async fn close(&self, app: &App, pipeline: &redis::Pipeline) {
        if !self.reached {
            return;
        }
        if let Err(error) = app.cache.run::<(i64,)>(pipeline).await {
            log_failure(&error, "withdrawing an alteration");
        }
    }

    /// Writes to the recent list and finds the audience's sockets, the second round trip; then pushes.
    pub(super) async fn end(
        &self,
        app: &App,
        sender: &Sender<'_>,
        altered: &Altered,
        audience: &[Uuid],
    ) {
        let mut pipeline = redis::pipe();
        recent::append(&mut pipeline, self.announcement, altered);
        pipeline.ignore();
        if let Some(socket) = sender.socket {
            connection::touch(&mut pipeline, socket);
        }
        connection::of_users(&mut pipeline, audience);
        let connections = match app.cache.run_partly(&pipeline).await {
            Ok(answers) => connection::targets(audience, answers),
            Err(error) => return log_failure(&error, "finding the audience of a message"),
        };
        let frame = altered.frame();
        app.push.to_others(connections, sender.socket, &frame).await;
    }
}

impl Altered {
    pub(super) fn new(message: &Message, was: Option<i64>, epoch: &Epoch) -> Self {
        Self {
            message: Encoded::new(message),
            was,
            epoch: epoch.clone(),
            deleted: message.deleted_at.is_some(),
        }
    }

    fn frame(&self) -> ServerFrame<'_> {
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

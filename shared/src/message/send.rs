//! A send, from the limits to the pushes.

use uuid::Uuid;

pub use super::store::Receipt;
use super::{Draft, Message, store};
use crate::{
    App,
    code::{Code, Coded, log_failure},
    connection::{self, Socket},
    database::DatabaseError,
    frame::ServerFrame,
    limit::{self, Limit, Rate, RateLimited, Who},
    session::{Visitor, recent},
};
use store::Stored;

/// Who sends, and from where.
#[derive(Debug)]
pub struct Sender<'a> {
    /// The user, at the session's door: the statement that stores the message lets members in only.
    pub visitor: &'a Visitor,
    /// The socket that the message came through; none over REST. It gets the ack and no push.
    pub socket: Option<&'a Socket>,
}

/// What an ack says.
#[derive(Debug)]
pub struct Sent {
    /// The message as it was stored, now or before.
    pub receipt: Receipt,
    /// Whether the same key and body had been stored before.
    pub duplicate: bool,
    /// What is left of the sender's rate; none where limits are not counted.
    pub rate: Option<Rate>,
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Too many messages in a second or in a day.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The key stands for another message.
    #[error("the idempotency key stands for another message")]
    IdempotencyConflict,
    /// A session of other people, or none at all.
    #[error("the sender is not a member of the session")]
    NotAMember,
    /// The session is past its end.
    #[error("the session has expired")]
    SessionExpired,
    /// PostgreSQL did not answer. Whether the message was stored is not known; its key makes another try safe.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for SendError {
    fn code(&self) -> Code {
        match self {
            Self::RateLimited(error) => error.code(),
            Self::IdempotencyConflict => Code::IdempotencyConflict,
            Self::NotAMember => Code::NotAMember,
            Self::SessionExpired => Code::SessionExpired,
            Self::Database(error) => error.code(),
        }
    }

    fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::RateLimited(error) => error.retry_after(),
            _ => None,
        }
    }

    fn rate(&self) -> Option<Rate> {
        match self {
            Self::RateLimited(error) => error.rate(),
            _ => None,
        }
    }
}

/// Stores a message and tells everybody else. The answer is the ack: it exists only after the commit.
///
/// One round trip to PostgreSQL and two to Redis; without Redis it is slower for the others, who find out by their next sync.
pub async fn send(app: &App, sender: &Sender<'_>, draft: Draft) -> Result<Sent, SendError> {
    let announced = announce(app, sender).await?;
    let outcome = match store::store(app, sender.visitor, draft).await? {
        Stored::New { message, audience } => {
            deliver(app, sender, announced.announcement, &message, &audience).await;
            return Ok(announced.sent(Receipt::from(&*message), false));
        }
        Stored::Duplicate(receipt) => Ok(announced.sent(receipt, true)),
        Stored::Conflict => Err(SendError::IdempotencyConflict),
        Stored::NotAMember => Err(SendError::NotAMember),
        Stored::Expired => Err(SendError::SessionExpired),
    };
    withdraw(app, sender, &announced).await;
    outcome
}

struct Announced {
    announcement: recent::Announcement,
    rate: Option<Rate>,
    /// False when Redis was away: there is nothing to take back.
    reached: bool,
}

impl Announced {
    fn sent(&self, receipt: Receipt, duplicate: bool) -> Sent {
        Sent {
            receipt,
            duplicate,
            rate: self.rate,
        }
    }
}

/// Counts the send and warns readers of the recent list: the first round trip to Redis.
async fn announce(app: &App, sender: &Sender<'_>) -> Result<Announced, SendError> {
    let mut pipeline = redis::pipe();
    let (user, limits) = limits(app, sender);
    limit::check(&mut pipeline, &app.config, &user, &limits);
    let announcement = recent::announce(&mut pipeline, sender.visitor.session(), Uuid::now_v7());
    let answer = match app.cache.run::<(limit::Answer, i64)>(&pipeline).await {
        Ok((answer, _)) => answer,
        Err(error) => {
            log_failure(&error, "announcing a send");
            limit::open(app, &user, &limits)?;
            return Ok(Announced {
                announcement,
                rate: None,
                reached: false,
            });
        }
    };
    let announced = Announced {
        announcement,
        rate: None,
        reached: true,
    };
    match limit::decide(&app.config, &limits, &answer) {
        Ok(rate) => Ok(Announced { rate, ..announced }),
        Err(limited) => {
            // It counted under neither limit.
            let mut pipeline = redis::pipe();
            recent::withdraw(&mut pipeline, announced.announcement);
            run_withdrawal(app, &pipeline).await;
            Err(limited.into())
        }
    }
}

/// The sender's rate, and their share of a day.
fn limits(app: &App, sender: &Sender<'_>) -> (Who, [Limit; 2]) {
    let connection = sender.socket.map(|socket| socket.connection_id.as_str());
    let limits = [
        Limit::messages(&app.config, connection),
        Limit::daily_messages(&app.config),
    ];
    (Who::user(sender.visitor.user()), limits)
}

/// Takes the warning back after a send that stored nothing, and gives its part of the day's share back.
async fn withdraw(app: &App, sender: &Sender<'_>, announced: &Announced) {
    if !announced.reached {
        return;
    }
    let mut pipeline = redis::pipe();
    recent::withdraw(&mut pipeline, announced.announcement);
    let (user, [_, day]) = limits(app, sender);
    limit::give_back(&mut pipeline, &app.config, &user, &day);
    run_withdrawal(app, &pipeline).await;
}

async fn run_withdrawal(app: &App, pipeline: &redis::Pipeline) {
    if let Err(error) = app.cache.run::<Vec<i64>>(pipeline).await {
        log_failure(&error, "withdrawing a send");
    }
}

/// Appends to the recent list and finds the audience's sockets, the second round trip to Redis; then pushes.
async fn deliver(
    app: &App,
    sender: &Sender<'_>,
    announcement: recent::Announcement,
    message: &Message,
    audience: &[Uuid],
) {
    let mut pipeline = redis::pipe();
    recent::append(&mut pipeline, announcement, message);
    pipeline.ignore();
    if let Some(socket) = sender.socket {
        connection::touch(&mut pipeline, socket);
    }
    connection::of_users(&mut pipeline, audience);
    let connections = match app.cache.run(&pipeline).await {
        Ok(answers) => connection::targets(audience, answers),
        Err(error) => return log_failure(&error, "finding the audience of a message"),
    };
    let frame = ServerFrame::Message {
        message,
        prev: message.change - 1,
    };
    app.push.to_others(connections, sender.socket, &frame).await;
}

//! One thing that happened.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Device, Session, User};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Microseconds since the run began, by one clock for all clients.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. A request is noted before it leaves, an answer after it has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A user is a member from the beginning.
    Member {
        /// Of this session.
        session: Session,
        /// Who.
        user: User,
    },
    /// A request leaves a client, for the first time or again.
    Asked {
        /// A number of its own for each try.
        attempt: u64,
        /// Who asks.
        by: User,
        /// How.
        via: Via,
        /// What; every try of a request has the same key.
        request: Request,
    },
    /// A try has come to its end.
    Answered {
        /// Which.
        attempt: u64,
        /// How.
        answer: Answer,
    },
    /// A socket opened.
    Opened {
        /// Whose.
        device: Device,
        /// A number of its own for each.
        socket: u64,
    },
    /// A socket ended.
    Ended {
        /// Whose.
        device: Device,
        /// Which.
        socket: u64,
        /// For people.
        how: String,
    },
    /// A message came without being asked for.
    Pushed {
        /// To whom.
        to: Device,
        /// Through which socket.
        socket: u64,
        /// In which session.
        session: Session,
        /// What.
        push: Push,
    },
    /// A page came that was asked for.
    Paged {
        /// To whom.
        to: Device,
        /// In which session.
        session: Session,
        /// How it was asked for.
        source: Source,
        /// When, in microseconds since the run began.
        asked: u64,
        /// The cursor that it was asked with.
        after: i64,
        /// What it showed.
        seen: Vec<Seen>,
        /// The cursor to go on from.
        change: i64,
        /// Whether that is all.
        complete: bool,
    },
    /// A pong came: what it does not name, its reader has all of.
    Ponged {
        /// To whom.
        to: Device,
        /// When the ping left, in microseconds since the run began.
        asked: u64,
        /// The cursors that it carried.
        cursors: Vec<(Session, i64)>,
        /// What the pong named.
        behind: Vec<Session>,
    },
    /// A device was told to start over, though no database was restored.
    Reset {
        /// Which device.
        device: Device,
        /// In which session.
        session: Session,
    },
    /// A fault begins, or is over.
    Fault {
        /// Its number in the plan.
        number: usize,
        /// The name of its kind.
        kind: String,
        /// For people.
        detail: String,
        /// Whether it begins.
        begins: bool,
    },
    /// A fault that began did not happen, or not all of it.
    Failed {
        /// Its number in the plan.
        number: usize,
        /// For people.
        why: String,
    },
    /// Every fault is over, and nobody begins anything new.
    Healed,
    /// Everything that is asked from now on is asked while nothing is broken.
    Calm,
    /// The database itself, read straight from its tables.
    Table {
        /// Which session.
        session: Session,
        /// Its counter.
        change: i64,
        /// Its messages.
        rows: Vec<Row>,
        /// Its members, with their read marks.
        members: Vec<(User, i64)>,
    },
    /// What a device has of a session, compared with the latest `Table`.
    View {
        /// Which device.
        device: Device,
        /// Of which session.
        session: Session,
        /// Its cursor.
        cursor: i64,
        /// What it shows.
        seen: Vec<Seen>,
    },
    /// The whole history of a session as REST gives it at the end.
    History {
        /// To whom.
        user: User,
        /// Of which session.
        session: Session,
        /// All of it.
        seen: Vec<Seen>,
    },
    /// A session in its reader's list at the end.
    Listed {
        /// Whose list.
        user: User,
        /// Which session.
        session: Session,
        /// Where the reader's mark stands.
        read_seq: i64,
        /// How many messages of others it calls unread.
        unread: i64,
    },
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Over REST.
    Rest,
    /// Through a socket.
    Socket {
        /// Whose.
        device: Device,
        /// Which.
        socket: u64,
    },
}

/// How a page was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A `sync` frame.
    Sync,
    /// `GET …/messages/since`.
    Since,
    /// `GET …/messages`.
    History,
}

/// What is asked. `key` is the same at every try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// A new message; `key` is its idempotency key.
    Send {
        /// Its idempotency key.
        key: String,
        /// Where.
        session: Session,
        /// No two requests have the same, but for one that means to clash.
        content: String,
    },
    /// Another text for a message, or its end where `content` is none.
    Alter {
        /// A name for all of its tries.
        key: String,
        /// Where.
        session: Session,
        /// Which message.
        message: Uuid,
        /// The revision that the client saw.
        rev: i64,
        /// The new text; none deletes.
        content: Option<String>,
    },
    /// A read mark.
    Read {
        /// A name for all of its tries.
        key: String,
        /// Where.
        session: Session,
        /// How far.
        seq: i64,
    },
    /// Lets a user into a session.
    Add {
        /// A name for all of its tries.
        key: String,
        /// Where.
        session: Session,
        /// Who.
        user: User,
    },
    /// Shows a user out.
    Remove {
        /// A name for all of its tries.
        key: String,
        /// Where.
        session: Session,
        /// Who.
        user: User,
    },
    /// Looks into a session; those who are no members try.
    Peek {
        /// A name for all of its tries.
        key: String,
        /// Where.
        session: Session,
    },
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// A message is stored, now or before.
    Acked {
        /// The message.
        id: Uuid,
        /// Its place.
        seq: i64,
        /// Its latest alteration.
        change: i64,
        /// Its revision.
        rev: i64,
        /// As it stood in the answer.
        created_at: String,
        /// Whether the same was stored before.
        duplicate: bool,
        /// Whether Redis was reached before it was stored, which its rate tells: readers were warned of it.
        #[serde(default)]
        announced: bool,
    },
    /// A read mark stands here now.
    Marked {
        /// Its place.
        seq: i64,
    },
    /// It was done.
    Done,
    /// It was not done, and trying again does not help.
    Refused {
        /// The stable code.
        code: String,
    },
    /// Nobody knows whether it was done.
    Unknown {
        /// For people.
        why: String,
    },
}

/// A message as somebody was shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its id.
    pub id: Uuid,
    /// Its place.
    pub seq: i64,
    /// Its latest alteration.
    pub change: i64,
    /// Its revision, from 1.
    pub rev: i64,
    /// Who wrote it.
    pub author: User,
    /// Its text; empty when it is deleted.
    pub content: String,
    /// RFC 3339 in UTC with microseconds, which sorts as it stands.
    pub created_at: String,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// A durable push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// Its message.
    pub seen: Seen,
    /// The change before its own.
    pub prev: i64,
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What readers are shown of it.
    #[serde(flatten)]
    pub seen: Seen,
    /// Its sender's idempotency key.
    pub key: String,
}

impl Request {
    /// The name of all of its tries.
    pub fn key(&self) -> &str {
        match self {
            Self::Send { key, .. }
            | Self::Alter { key, .. }
            | Self::Read { key, .. }
            | Self::Add { key, .. }
            | Self::Remove { key, .. }
            | Self::Peek { key, .. } => key,
        }
    }

    /// Where.
    pub fn session(&self) -> Session {
        match self {
            Self::Send { session, .. }
            | Self::Alter { session, .. }
            | Self::Read { session, .. }
            | Self::Add { session, .. }
            | Self::Remove { session, .. }
            | Self::Peek { session, .. } => *session,
        }
    }
}

impl Answer {
    /// Whether the request is settled: no other try is made.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

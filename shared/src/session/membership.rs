//! The door to a session: who stands before it, and who is inside.
//!
//! A session's own id never leaves this module. A statement about a session gets its arguments from a [`Visitor`] or a
//! [`Membership`], so one that asks for neither does not compile:
//!
//! - a [`Visitor`] has a signed id and gives session **and** user; it is for statements that ask for membership themselves, in the
//!   same round trip (the send, the syncs, a read mark);
//! - a [`Membership`] has been checked, and gives the session alone.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{InvalidSessionId, Role, SessionError, SessionId, not_ended};
use crate::{
    database::{Database, Param},
    token::KeyRing,
};

/// A user at a session's door: the id is signed by a key of ours; whether the user is a member, nobody has asked yet.
#[derive(Debug, Clone)]
pub struct Visitor {
    user: Uuid,
    session: SessionId,
}

impl Visitor {
    /// A user who names a session.
    pub fn new(user: Uuid, session: SessionId) -> Self {
        Self { user, session }
    }

    /// A user who names a session as a client does. A forged id is refused here, before any store is asked.
    pub fn verify(keys: &KeyRing, user: Uuid, text: &str) -> Result<Self, InvalidSessionId> {
        Ok(Self::new(user, SessionId::verify(keys, text)?))
    }

    /// The user.
    pub fn user(&self) -> Uuid {
        self.user
    }

    /// The session's signed id.
    pub fn session(&self) -> &SessionId {
        &self.session
    }

    /// `$1` session id and `$2` user id, for a statement that answers members only.
    pub(crate) fn params(&self) -> [Param<'_>; 2] {
        [(&self.session.id, Type::UUID), (&self.user, Type::UUID)]
    }

    /// The same of several visitors: a column of session ids and one of user ids.
    pub(crate) fn columns<'a>(visitors: impl Iterator<Item = &'a Self>) -> (Vec<Uuid>, Vec<Uuid>) {
        visitors
            .map(|visitor| (visitor.session.id, visitor.user))
            .unzip()
    }

    /// Asks whether the user is a member of a session that has not ended. One statement.
    pub async fn enter(self, database: &Database) -> Result<Membership, SessionError> {
        let row = database
            .query(include_str!("sql/membership.sql"), &self.params())
            .await?
            .pop()
            .ok_or(SessionError::NotAMember)?;
        not_ended(&row)?;
        let role = Role::from_column(row.get("role"));
        Ok(Membership {
            visitor: self,
            role,
        })
    }
}

/// A user who is a member of a session. There is no other way to one than [`Visitor::enter`].
#[derive(Debug)]
pub struct Membership {
    visitor: Visitor,
    role: Role,
}

impl Membership {
    /// The member.
    pub fn user(&self) -> Uuid {
        self.visitor.user
    }

    /// Their role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The session's signed id.
    pub fn session(&self) -> &SessionId {
        &self.visitor.session
    }

    /// The same user before the door again, for a statement that asks by itself.
    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    /// `$1` session id.
    pub(crate) fn param(&self) -> Param<'_> {
        (&self.visitor.session.id, Type::UUID)
    }

    /// Refuses everybody but the owner.
    pub fn require_owner(&self) -> Result<(), SessionError> {
        if self.role == Role::Owner {
            Ok(())
        } else {
            Err(SessionError::Forbidden)
        }
    }
}

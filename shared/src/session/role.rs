//! What a member may do.

use serde::{Deserialize, Serialize};

/// A member's role in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Opened the session: renames and deletes it, adds and removes members.
    Owner,
    /// Reads and writes.
    Member,
    /// Reads and writes, on the shop's side.
    Assistant,
}

impl Role {
    /// As it stands in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Assistant => "assistant",
        }
    }

    /// Reads what [`Role::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Member, Self::Assistant]
            .into_iter()
            .find(|role| role.as_str() == text)
    }

    /// Reads a column whose check constraint knows the same three words. An unknown one gets the least rights.
    pub(crate) fn from_column(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Member)
    }
}

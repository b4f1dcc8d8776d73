//! Who a user is, before they have signed in.

use uuid::Uuid;

/// A user, and the language that they read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub user_id: Uuid,
    /// BCP 47 tag.
    pub locale: String,
}

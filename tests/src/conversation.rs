//! The scene that most stories begin with.

use crate::{stack::TestStack, user::User};

/// A shopper and the shop's assistant in one session.
#[derive(Debug)]
pub struct Conversation {
    /// Owns the session.
    pub ada: User,
    /// A member in the role of the assistant.
    pub shop: User,
    /// Its signed id.
    pub session: String,
}

impl TestStack {
    /// Two new guests in a new session.
    pub async fn conversation(&self) -> Conversation {
        let (ada, shop) = (self.guest().await, self.guest().await);
        let session = ada.open_session("Kettles").await;
        ada.rest
            .add_member(&session, &shop.id, "assistant")
            .await
            .ok();
        Conversation { ada, shop, session }
    }
}

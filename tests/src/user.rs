//! Somebody who chats, from one device or several.

use std::ops::{Deref, DerefMut};

use serde_json::Value;

use crate::{rest::Rest, socket::Socket};

/// Somebody who has signed in, as a guest or with an account.
#[derive(Debug, Clone)]
pub struct User {
    /// A UUID.
    pub id: String,
    /// The REST API in the user's name.
    pub rest: Rest,
    /// For the next access token.
    pub refresh_token: String,
}

/// An open socket of a user.
#[derive(Debug)]
pub struct Device {
    /// What the user calls it.
    pub id: String,
    socket: Socket,
}

impl User {
    /// Who `tokens` belong to: the answer to a sign-up, a log-in, a refresh or a new guest.
    pub fn new(rest: Rest, tokens: &Value) -> Self {
        let text = |name: &str| {
            tokens[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {tokens:#}"))
                .to_owned()
        };
        Self {
            id: text("user_id"),
            rest: rest.with_token(&text("access_token")),
            refresh_token: text("refresh_token"),
        }
    }

    /// Opens a session and gives its signed id.
    pub async fn open_session(&self, title: &str) -> String {
        let session = self.rest.open_session(title).await.ok();
        session["session_id"]
            .as_str()
            .unwrap_or_else(|| panic!("no session_id in {session:#}"))
            .to_owned()
    }

    /// Opens a socket.
    pub async fn device(&self, id: &str) -> Device {
        let url = self.ticket_url(id).await;
        Device {
            id: id.to_owned(),
            socket: Socket::connect(&url).await,
        }
    }

    /// Takes a ticket and gives the address that it opens.
    pub async fn ticket_url(&self, device_id: &str) -> String {
        let ticket = self.rest.ticket(device_id).await.ok();
        let (Some(url), Some(secret)) = (ticket["url"].as_str(), ticket["ticket"].as_str()) else {
            panic!("no url or no ticket in {ticket:#}");
        };
        format!("{url}?ticket={secret}")
    }
}

impl Device {
    /// Closes the socket in good order.
    pub async fn close(self) {
        self.socket.close().await;
    }

    /// Vanishes, as a phone in a tunnel does.
    pub fn vanish(self) {
        self.socket.vanish();
    }
}

impl Deref for Device {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl DerefMut for Device {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

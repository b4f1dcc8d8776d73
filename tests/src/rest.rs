//! A client of the REST API.

use reqwest::{Client, ClientBuilder, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::stack::TestStack;

use crate::watch;

/// A client of the REST API, with or without an access token; cheap to clone.
#[derive(Debug, Clone)]
pub struct Rest {
    client: Client,
    url: String,
    token: Option<String>,
    language: Option<String>,
}

/// What the REST API answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Such as 201.
    pub status: StatusCode,
    /// All of them.
    pub headers: HeaderMap,
    /// `null` when it is empty or no JSON.
    pub body: Value,
}

impl Reply {
    /// The body of a success; panics with the whole reply otherwise.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {:#}", self.status, self.body);
        self.body
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The stable code of an error.
    pub fn code(&self) -> Option<&str> {
        self.body["code"].as_str()
    }
}

/// Clients that go straight to the stack, whatever proxy the environment names.
pub fn direct() -> ClientBuilder {
    Client::builder().no_proxy()
}

impl Rest {
    /// Somebody who has not signed in.
    pub fn new(url: String) -> Self {
        Self {
            client: direct().build().expect("it needs nothing but memory"),
            url,
            token: None,
            language: None,
        }
    }

    /// The same client with an access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same client with an `Accept-Language` header.
    #[must_use]
    pub fn with_language(&self, header: &str) -> Self {
        Self {
            language: Some(header.to_owned()),
            ..self.clone()
        }
    }

    /// The same client of another stack.
    #[must_use]
    pub fn at(&self, stack: &TestStack) -> Self {
        Self {
            url: stack.stack().url(),
            ..self.clone()
        }
    }

    /// A new user without credentials.
    pub async fn guest(&self) -> Reply {
        self.post("/api/auth/guest", &json!({})).await
    }

    /// Gives a guest, or a new user, credentials.
    pub async fn sign_up(&self, email: &str, password: &str) -> Reply {
        self.post(
            "/api/auth/signup",
            &json!({"email": email, "password": password}),
        )
        .await
    }

    /// Signs in.
    pub async fn log_in(&self, email: &str, password: &str) -> Reply {
        self.post(
            "/api/auth/login",
            &json!({"email": email, "password": password}),
        )
        .await
    }

    /// New tokens for an old refresh token.
    pub async fn refresh(&self, refresh_token: &str) -> Reply {
        self.post(
            "/api/auth/refresh",
            &json!({"refresh_token": refresh_token}),
        )
        .await
    }

    /// Revokes a refresh token.
    pub async fn log_out(&self, refresh_token: &str) -> Reply {
        self.post("/api/auth/logout", &json!({"refresh_token": refresh_token}))
            .await
    }

    /// A ticket that opens one socket.
    pub async fn ticket(&self, device_id: &str) -> Reply {
        self.post("/api/auth/ticket", &json!({"device_id": device_id}))
            .await
    }

    /// The user's sessions: the first page of them, as long as it may be.
    pub async fn sessions(&self) -> Reply {
        self.sessions_page(&[]).await
    }

    /// A page of the user's sessions: `("before", …)`, `("limit", …)`.
    pub async fn sessions_page(&self, page: &[(&str, &str)]) -> Reply {
        self.get("/api/chat/sessions", page).await
    }

    /// Opens a session.
    pub async fn open_session(&self, title: &str) -> Reply {
        self.post("/api/chat/sessions", &json!({"title": title}))
            .await
    }

    /// One session.
    pub async fn session(&self, session_id: &str) -> Reply {
        self.get(&format!("/api/chat/sessions/{session_id}"), &[])
            .await
    }

    /// Gives a session another title.
    pub async fn rename_session(&self, session_id: &str, title: &str) -> Reply {
        self.revise_session(session_id, &json!({"title": title}))
            .await
    }

    /// Gives a session another title or other settings.
    pub async fn revise_session(&self, session_id: &str, revision: &Value) -> Reply {
        let path = format!("/api/chat/sessions/{session_id}");
        self.patch(&path, revision).await
    }

    /// Deletes a session.
    pub async fn delete_session(&self, session_id: &str) -> Reply {
        self.delete(&format!("/api/chat/sessions/{session_id}"))
            .await
    }

    /// Who is in a session.
    pub async fn members(&self, session_id: &str) -> Reply {
        self.get(&format!("/api/chat/sessions/{session_id}/members"), &[])
            .await
    }

    /// Lets somebody into a session.
    pub async fn add_member(&self, session_id: &str, user_id: &str, role: &str) -> Reply {
        let path = format!("/api/chat/sessions/{session_id}/members");
        self.post(&path, &json!({"user_id": user_id, "role": role}))
            .await
    }

    /// Shows somebody out of a session.
    pub async fn remove_member(&self, session_id: &str, user_id: &str) -> Reply {
        self.delete(&format!(
            "/api/chat/sessions/{session_id}/members/{user_id}"
        ))
        .await
    }

    /// Makes an invite: `{role?, expires_in?}`.
    pub async fn invite(&self, session_id: &str, wish: &Value) -> Reply {
        self.post(&format!("/api/chat/sessions/{session_id}/invites"), wish)
            .await
    }

    /// The open invites of a session.
    pub async fn invites(&self, session_id: &str) -> Reply {
        self.get(&format!("/api/chat/sessions/{session_id}/invites"), &[])
            .await
    }

    /// Makes an invite worth nothing.
    pub async fn revoke_invite(&self, session_id: &str, invite_id: &str) -> Reply {
        self.delete(&format!(
            "/api/chat/sessions/{session_id}/invites/{invite_id}"
        ))
        .await
    }

    /// Joins the session that an invite leads to.
    pub async fn accept_invite(&self, invite: &str) -> Reply {
        self.post("/api/chat/invites", &json!({"invite": invite}))
            .await
    }

    /// What has changed since a cursor: `("after_change", "7")`, `("since", …)`, `("after_id", …)`, `("limit", …)`.
    pub async fn since(&self, session_id: &str, cursor: &[(&str, &str)]) -> Reply {
        self.get(
            "/api/chat/messages/since",
            &[&[("session_id", session_id)], cursor].concat(),
        )
        .await
    }

    /// A page of the history: `("before_seq", "7")`, `("limit", …)`.
    pub async fn history(&self, session_id: &str, page: &[(&str, &str)]) -> Reply {
        self.get(
            "/api/chat/messages",
            &[&[("session_id", session_id)], page].concat(),
        )
        .await
    }

    /// Sends a message without a socket.
    pub async fn send(&self, session_id: &str, id: &str, content: &str) -> Reply {
        self.post(
            "/api/chat/messages",
            &json!({"session_id": session_id, "id": id, "content": content}),
        )
        .await
    }

    /// Edits a message without a socket.
    pub async fn edit(&self, session_id: &str, message_id: &str, rev: i64, content: &str) -> Reply {
        let path = format!("/api/chat/messages/{message_id}");
        let body = json!({"session_id": session_id, "rev": rev, "content": content});
        self.patch(&path, &body).await
    }

    /// Deletes a message without a socket.
    pub async fn delete_message(&self, session_id: &str, message_id: &str, rev: i64) -> Reply {
        let path = format!("/api/chat/messages/{message_id}");
        let query = [("session_id", session_id), ("rev", &rev.to_string())];
        self.request(Method::DELETE, &path, &query, None).await
    }

    /// Any PATCH.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.request(Method::PATCH, path, &[], Some(body)).await
    }

    /// Any GET.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        self.request(Method::GET, path, query, None).await
    }

    /// Any POST.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.request(Method::POST, path, &[], Some(body)).await
    }

    /// Any DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.request(Method::DELETE, path, &[], None).await
    }

    /// Any request; panics when there is no answer at all.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Reply {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .query(query);
        if let Some(token) = &self.token {
            watch::note_text(&self.url, token);
            request = request.bearer_auth(token);
        }
        if let Some(language) = &self.language {
            request = request.header("accept-language", language);
        }
        if let Some(body) = body {
            watch::note(&self.url, body);
            request = request.json(body);
        }
        let response = request.send().await.expect("the gateway answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("the answer is whole");
        let body = serde_json::from_slice(&body).unwrap_or_default();
        // Our own words for an error are no secret, and have fields such as `title`.
        if status.is_success() {
            watch::note(&self.url, &body);
        }
        Reply {
            status,
            headers,
            body,
        }
    }
}

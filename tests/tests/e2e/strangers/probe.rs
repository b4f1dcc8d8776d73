//! How to try each route and each type of frame.

use serde_json::{Value, json};
use shared::frame::ClientFrame;
use tests::{TestStack, User};

/// Routes that name no session. An invite is a secret of its own: `invites.rs`.
const ROUTES_WITHOUT_SESSION: [&str; 10] = [
    "POST /api/auth/guest",
    "POST /api/auth/signup",
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "POST /api/auth/logout",
    "POST /api/auth/ticket",
    "POST /api/auth/service",
    "POST /api/chat/invites",
    "GET /api/chat/sessions",
    "POST /api/chat/sessions",
];
/// Types of frames that name no session.
const TYPES_WITHOUT_SESSION: [&str; 0] = [];

/// A session and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Signed.
    pub(super) session: String,
    /// A member who is not the owner.
    pub(super) member: String,
    /// A message of the owner.
    pub(super) message: String,
    /// An open invite, by its id.
    pub(super) invite: String,
    /// Somebody who is in no session.
    pub(super) outsider: String,
}

impl Target {
    /// A new session of a user, with a member and a message.
    pub(super) async fn open(stack: &TestStack, owner: &User) -> Self {
        let session = owner.open_session("private").await;
        let (member, outsider) = (stack.guest().await.id, stack.guest().await.id);
        owner
            .rest
            .add_member(&session, &member, "member")
            .await
            .ok();
        let sent = owner.rest.send(&session, "first", "a secret").await.ok();
        let message = sent["message"]["id"].as_str().unwrap().to_owned();
        let invite = owner.rest.invite(&session, &json!({})).await.ok();
        let invite = invite["invite_id"].as_str().unwrap().to_owned();
        Self {
            session,
            member,
            message,
            invite,
            outsider,
        }
    }
}

/// A request that a member who owns the session may make.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

/// How to try a route; `None` for one that nobody has told how.
pub(super) fn request(route: &str, target: &Target) -> Option<Request> {
    let in_query = || vec![("session_id", target.session.clone())];
    let (query, body) = match route {
        "GET /api/chat/sessions/{id}"
        | "DELETE /api/chat/sessions/{id}"
        | "GET /api/chat/sessions/{id}/members"
        | "GET /api/chat/sessions/{id}/invites"
        | "DELETE /api/chat/sessions/{id}/invites/{invite_id}"
        | "DELETE /api/chat/sessions/{id}/members/{user_id}" => (vec![], None),
        "PATCH /api/chat/sessions/{id}" => (vec![], Some(json!({"title": "mine"}))),
        "POST /api/chat/sessions/{id}/invites" => (vec![], Some(json!({"role": "member"}))),
        "POST /api/chat/sessions/{id}/members" => (
            vec![],
            Some(json!({"user_id": target.outsider, "role": "member"})),
        ),
        "GET /api/chat/messages" => (in_query(), None),
        "GET /api/chat/messages/since" => (
            [in_query(), vec![("after_change", "0".to_owned())]].concat(),
            None,
        ),
        "POST /api/chat/messages" => (
            vec![],
            Some(json!({"id": "probe", "session_id": target.session, "content": "hi"})),
        ),
        "PATCH /api/chat/messages/{message_id}" => (
            vec![],
            Some(json!({"session_id": target.session, "rev": 1, "content": "hi"})),
        ),
        "DELETE /api/chat/messages/{message_id}" => {
            ([in_query(), vec![("rev", "1".to_owned())]].concat(), None)
        }
        _ => return None,
    };
    let (method, path) = route.split_once(' ')?;
    let path = path
        .replace("{id}", &target.session)
        .replace("{user_id}", &target.member)
        .replace("{invite_id}", &target.invite)
        .replace("{message_id}", &target.message);
    Some(Request {
        method: method.to_owned(),
        path,
        query,
        body,
    })
}

/// How to try a type of frame; `None` for one that nobody has told how.
pub(super) fn frame(kind: &str, target: &Target) -> Option<Value> {
    let session = &target.session;
    let mut frame = match kind {
        "ping" | "sync" => json!({"cursors": {session: 2}}),
        "message" => json!({"session_id": session, "content": "hi"}),
        "edit" => {
            json!({"session_id": session, "message_id": target.message, "rev": 1, "content": "hi"})
        }
        "delete" => json!({"session_id": session, "message_id": target.message, "rev": 1}),
        "user_typing" => json!({"session_id": session, "typing": true}),
        "read" => json!({"session_id": session, "seq": 1}),
        _ => return None,
    };
    frame["type"] = kind.into();
    frame["id"] = "probe".into();
    Some(frame)
}

/// The routes of the template that name a session.
pub(super) fn routes(stack: &TestStack) -> Vec<String> {
    let apis = &stack.stack().template().http_apis;
    let routes = apis
        .iter()
        .flat_map(|api| &api.routes)
        .map(|route| route.key.clone());
    routes
        .filter(|route| !ROUTES_WITHOUT_SESSION.contains(&route.as_str()))
        .collect()
}

/// The types of frames that name a session.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    ClientFrame::TYPES
        .iter()
        .copied()
        .filter(|kind| !TYPES_WITHOUT_SESSION.contains(kind))
}

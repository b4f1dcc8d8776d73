//! Who chats: users, their sessions, their sockets.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    board::Board,
    cli::Options,
    device::{Device, Seat},
};

/// Requests under way at once while the world is made.
const HANDS: usize = 8;

/// Everybody who chats, with their sockets open.
#[derive(Debug)]
pub(crate) struct World {
    /// The sending socket of each user, and the session's number on the board.
    pub(crate) senders: Vec<(usize, Device)>,
    pub(crate) board: Arc<Board>,
    /// They only listen, but must stay open.
    #[expect(dead_code, reason = "it is kept for what its drop would do")]
    listeners: Vec<Device>,
}

#[derive(Debug, Clone)]
struct User {
    id: String,
    token: String,
}

/// The REST API.
#[derive(Debug)]
struct Api {
    client: Client,
    url: String,
}

impl World {
    /// Makes users, sessions and sockets.
    pub(crate) async fn open(options: &Options, url: &str) -> Result<Self> {
        let api = Api {
            client: Client::new(),
            url: url.trim_end_matches('/').to_owned(),
        };
        let count = options.session_count();
        let users: Vec<User> = stream::iter(0..options.users)
            .map(|_| api.guest())
            .buffered(HANDS)
            .try_collect()
            .await?;
        let sessions: Vec<String> = stream::iter(&users[..count])
            .map(|owner| api.open_session(owner))
            .buffered(HANDS)
            .try_collect()
            .await?;
        stream::iter(users.iter().enumerate().skip(count))
            .map(|(n, user)| api.join(&users[n % count], &sessions[n % count], user))
            .buffered(HANDS)
            .try_collect::<()>()
            .await?;
        let members = |session| (0..options.users).filter(|n| n % count == session).count();
        let board = Arc::new(Board::new(
            (0..count).map(|session| members(session) * options.devices),
        ));
        let senders = Mutex::new(Vec::new());
        let listeners = Mutex::new(Vec::new());
        stream::iter(
            (0..options.users)
                .flat_map(|user| (0..options.devices).map(move |device| (user, device))),
        )
        .map(Ok)
        .try_for_each_concurrent(HANDS, async |(n, device)| {
            let session = n % count;
            let seat = api
                .seat(
                    &users[n],
                    device,
                    options.bytes,
                    session,
                    &sessions[session],
                )
                .await?;
            let opened = Device::open(seat, board.clone()).await?;
            if device == 0 {
                senders.lock().await.push((session, opened));
            } else {
                listeners.lock().await.push(opened);
            }
            anyhow::Ok(())
        })
        .await?;
        Ok(Self {
            senders: senders.into_inner(),
            board,
            listeners: listeners.into_inner(),
        })
    }
}

impl Api {
    async fn guest(&self) -> Result<User> {
        let tokens = self.post("/api/auth/guest", None, &json!({})).await?;
        Ok(User {
            id: text(&tokens, "user_id")?,
            token: text(&tokens, "access_token")?,
        })
    }

    async fn open_session(&self, owner: &User) -> Result<String> {
        let session = self
            .post("/api/chat/sessions", Some(owner), &json!({}))
            .await?;
        text(&session, "session_id")
    }

    async fn join(&self, owner: &User, session: &str, user: &User) -> Result<()> {
        let path = format!("/api/chat/sessions/{session}/members");
        self.post(
            &path,
            Some(owner),
            &json!({"user_id": user.id, "role": "member"}),
        )
        .await?;
        Ok(())
    }

    async fn seat(
        &self,
        user: &User,
        device: usize,
        bytes: usize,
        session: usize,
        session_id: &str,
    ) -> Result<Seat> {
        let ticket = self
            .post(
                "/api/auth/ticket",
                Some(user),
                &json!({"device_id": format!("device-{device}")}),
            )
            .await?;
        Ok(Seat {
            url: format!(
                "{}?ticket={}",
                text(&ticket, "url")?,
                text(&ticket, "ticket")?
            ),
            session_id: session_id.to_owned(),
            session,
            bytes,
            ping_period: Duration::from_secs_f64(ticket["ping_period"].as_f64().unwrap_or(54.0)),
        })
    }

    async fn post(&self, path: &str, user: Option<&User>, body: &Value) -> Result<Value> {
        let mut request = self.client.post(format!("{}{path}", self.url)).json(body);
        if let Some(user) = user {
            request = request.bearer_auth(&user.token);
        }
        let response = request
            .send()
            .await
            .with_context(|| format!("POST {path}"))?;
        let status = response.status();
        let answer: Value = response
            .json()
            .await
            .with_context(|| format!("POST {path}"))?;
        if status == StatusCode::TOO_MANY_REQUESTS {
            bail!(
                "POST {path} was limited: give the stack that runs higher limits, or let this program start its own"
            );
        }
        if !status.is_success() {
            bail!("POST {path} answered {status}: {answer}");
        }
        Ok(answer)
    }
}

fn text(answer: &Value, name: &str) -> Result<String> {
    let text = answer[name].as_str();
    Ok(text
        .with_context(|| format!("an answer without {name}"))?
        .to_owned())
}

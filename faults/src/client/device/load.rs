//! What a device fetches over REST: a first load, and the rest of a sync.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{Actor, Input};
use crate::{
    client::{Account, RestError, View, read},
    history::{Push, Seen, Session, Source, What},
};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(300);

/// The largest page of the history.
const PAGE: &str = "200";

/// What came over REST.
#[derive(Debug)]
pub(super) enum Loaded {
    /// A first load, up to a cursor.
    First { change: i64, seen: Vec<Seen> },
    /// A page of a sync.
    Page { asked: u64, after: i64, page: Value },
    /// The cursor is of another life of the database.
    Reset,
    /// The user is no member, or not any more.
    Left,
}

impl Actor {
    /// Loads a session anew: its counter first, then its history, and a sync at last. In this order nothing falls between.
    pub(super) fn load(&mut self, session: Session) {
        self.loading.insert(session, Vec::new());
        let loader = self.loader(session);
        tokio::spawn(async move {
            let loaded = loader.until_answered(Wanted::First).await;
            loader.give(loaded);
        });
    }

    /// Goes on from a page that was not all.
    pub(super) fn catch_up(&mut self, session: Session, after: i64, token: Option<Value>) {
        self.loading.entry(session).or_default();
        let loader = self.loader(session);
        tokio::spawn(async move {
            let loaded = loader.until_answered(Wanted::Since { after, token }).await;
            loader.give(loaded);
        });
    }

    fn loader(&self, session: Session) -> Loader {
        Loader {
            session,
            account: self.account.clone(),
            names: self.names.clone(),
            recorder: self.recorder.clone(),
            device: self.name,
            inputs: self.inputs.clone(),
        }
    }

    pub(super) fn loaded(&mut self, session: Session, loaded: Loaded) {
        // Left meanwhile.
        let Some(waiting) = self.loading.remove(&session) else {
            return;
        };
        match loaded {
            Loaded::First { change, seen } => {
                self.views.insert(session, View::loaded(change, seen));
                self.show_all(session, waiting);
                self.to_sync.insert(session, Instant::now());
            }
            Loaded::Page { asked, after, page } => {
                self.page(session, Source::Since, asked, after, &page)
            }
            Loaded::Reset => self.reset(session),
            Loaded::Left => self.leave(session),
        }
    }

    fn show_all(&mut self, session: Session, waiting: Vec<Push>) {
        for push in waiting {
            self.show(session, push, None);
        }
    }
}

enum Wanted {
    First,
    Since { after: i64, token: Option<Value> },
}

struct Loader {
    session: Session,
    account: Account,
    names: std::sync::Arc<crate::client::Names>,
    recorder: std::sync::Arc<crate::history::Recorder>,
    device: crate::history::Device,
    inputs: tokio::sync::mpsc::UnboundedSender<Input>,
}

impl Loader {
    fn give(&self, loaded: Loaded) {
        // A device that has ended needs nothing.
        drop(self.inputs.send(Input::Loaded(self.session, loaded)));
    }

    async fn until_answered(&self, wanted: Wanted) -> Loaded {
        loop {
            let loaded = match &wanted {
                Wanted::First => self.first().await,
                Wanted::Since { after, token } => self.since(*after, token.as_ref()).await,
            };
            match loaded {
                Ok(loaded) => return loaded,
                Err(RestError::Refused { code, .. }) if code == "reset" => return Loaded::Reset,
                Err(RestError::Refused { .. }) => return Loaded::Left,
                Err(RestError::Unknown(_)) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn first(&self) -> Result<Loaded, RestError> {
        let id = self.names.session_id(self.session);
        let session = self
            .account
            .ask(Method::GET, &format!("/api/chat/sessions/{id}"), &[], None)
            .await?;
        let change = session["change"].as_i64().unwrap_or_default();
        let (mut seen, mut before) = (Vec::new(), change + 1);
        loop {
            let asked = self.recorder.now();
            let query = [
                ("session_id", id.as_str()),
                ("before_seq", &before.to_string()),
                ("limit", PAGE),
            ];
            let page = self
                .account
                .ask(Method::GET, "/api/chat/messages", &query, None)
                .await?;
            let messages = read::page(&self.names, &page["messages"]);
            let complete = page["complete"] == true;
            self.recorder.note(What::Paged {
                to: self.device,
                session: self.session,
                source: Source::History,
                asked,
                after: 0,
                seen: messages.clone(),
                change,
                complete,
            });
            before = messages.first().map_or(0, |first| first.seq);
            seen.extend(messages);
            if complete || before <= 1 {
                return Ok(Loaded::First { change, seen });
            }
        }
    }

    async fn since(&self, after: i64, token: Option<&Value>) -> Result<Loaded, RestError> {
        let id = self.names.session_id(self.session);
        let asked = self.recorder.now();
        let number = json!(after).to_string();
        let cursor = match token.and_then(Value::as_str) {
            Some(token) => ("cursor", token),
            None => ("after_change", number.as_str()),
        };
        let page = self
            .account
            .ask(
                Method::GET,
                "/api/chat/messages/since",
                &[("session_id", &id), cursor],
                None,
            )
            .await?;
        Ok(Loaded::Page { asked, after, page })
    }
}

//! Syncs through the socket, and pages of any kind.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Map, Value, json};

use super::Actor;
use crate::{
    client::read,
    history::{Session, Source, What},
};

/// A `sync` on its way.
pub(super) struct Syncing {
    pub(super) id: String,
    pub(super) since: Instant,
    pub(super) asked: u64,
    pub(super) cursors: BTreeMap<Session, i64>,
}

impl Actor {
    pub(super) fn sync(&mut self, now: Instant) {
        if self.syncing.is_some() || self.outbox.must_repeat() {
            return;
        }
        let due: Vec<_> = self
            .to_sync
            .iter()
            .filter(|(session, at)| **at <= now && !self.loading.contains_key(session))
            .map(|(session, _)| *session)
            .collect();
        let cursors: BTreeMap<_, _> = due
            .iter()
            .filter_map(|session| Some((*session, self.views.get(session)?.cursor())))
            .collect();
        if cursors.is_empty() {
            return;
        }
        self.to_sync
            .retain(|session, _| !cursors.contains_key(session));
        let id = format!("s-{}", self.recorder.number());
        let sent: Map<_, _> = cursors
            .keys()
            .map(|session| {
                (
                    self.names.session_id(*session),
                    self.views[session].cursor_to_send(),
                )
            })
            .collect();
        self.syncing = Some(Syncing {
            id: id.clone(),
            since: now,
            asked: self.recorder.now(),
            cursors,
        });
        self.send(&json!({"type": "sync", "id": id, "cursors": sent}));
    }

    pub(super) fn sync_again(&mut self, at: Instant) {
        if let Some(syncing) = self.syncing.take() {
            self.to_sync
                .extend(syncing.cursors.into_keys().map(|session| (session, at)));
        }
    }

    pub(super) fn synced(&mut self, frame: &Value) {
        let Some(syncing) = self
            .syncing
            .take_if(|syncing| frame["id"] == syncing.id.as_str())
        else {
            return;
        };
        for page in frame["sessions"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let session = page["session_id"]
                .as_str()
                .and_then(|id| self.names.session(id));
            let Some((session, after)) =
                session.and_then(|session| Some((session, *syncing.cursors.get(&session)?)))
            else {
                continue;
            };
            match page["error"].as_str() {
                None => self.page(session, Source::Sync, syncing.asked, after, page),
                Some("reset") => self.reset(session),
                // Shown out, or it ended.
                Some(_) => self.leave(session),
            }
        }
    }

    pub(super) fn page(
        &mut self,
        session: Session,
        source: Source,
        asked: u64,
        after: i64,
        page: &Value,
    ) {
        let seen = read::page(&self.names, &page["messages"]);
        let (Some(change), Some(complete)) = (page["change"].as_i64(), page["complete"].as_bool())
        else {
            return;
        };
        self.recorder.note(What::Paged {
            to: self.name,
            session,
            source,
            asked,
            after,
            seen: seen.clone(),
            change,
            complete,
        });
        if let Some(view) = self.views.get_mut(&session) {
            view.page(after, seen, change, read::token(page));
        }
        if !complete {
            self.catch_up(session, change, read::token(page));
        }
    }
}

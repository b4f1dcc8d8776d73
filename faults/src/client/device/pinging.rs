//! Pings with cursors, and what their pongs name.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::Actor;
use crate::history::What;

impl Actor {
    pub(super) fn ping(&mut self, now: Instant) {
        let cursors: Map<_, _> = self
            .views
            .iter()
            .map(|(session, view)| (self.names.session_id(*session), view.cursor_to_send()))
            .collect();
        let had = self.views.iter();
        let had = had.map(|(session, view)| (*session, view.cursor()));
        let pinged = (self.recorder.now(), had.collect());
        self.pinged = self.pong_by.is_none().then_some(pinged);
        self.send(&json!({"type": "ping", "cursors": cursors}));
        self.ping_at = now + self.patience.ping;
        self.pong_by.get_or_insert(now + self.patience.answer);
    }

    pub(super) fn pong(&mut self, frame: &Value) {
        self.pong_by = None;
        let named = frame["behind"].as_array();
        let named = named.map(Vec::as_slice).unwrap_or_default();
        let behind: Vec<_> = named
            .iter()
            .filter_map(|id| self.names.session(id.as_str()?))
            .collect();
        let now = Instant::now();
        self.to_sync
            .extend(behind.iter().map(|session| (*session, now)));
        if let Some((asked, cursors)) = self.pinged.take() {
            self.recorder.note(What::Ponged {
                to: self.name,
                asked,
                cursors,
                behind,
            });
        }
    }
}

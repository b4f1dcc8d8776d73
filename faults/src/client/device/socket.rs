//! The socket: it opens, it ends, and the next one opens.

use std::time::{Duration, Instant};

use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Actor, Input};
use crate::{client::line::Line, history::What};

impl Actor {
    pub(super) fn open(&mut self) {
        let number = self.recorder.number();
        self.opening = Some(number);
        let (account, inputs) = (self.account.clone(), self.inputs.clone());
        let body = json!({"device_id": format!("device-{}", self.name.number)});
        tokio::spawn(async move {
            let open = async {
                let ticket = account
                    .ask(Method::POST, "/api/auth/ticket", &[], Some(&body))
                    .await;
                let ticket = ticket.map_err(|error| format!("{error:?}"))?;
                let text = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
                let url = format!("{}?ticket={}", text("url"), text("ticket"));
                let hears = inputs.clone();
                // A device that has ended hears nothing.
                Line::open(number, &url, move |heard| {
                    drop(hears.send(Input::Heard(number, heard)))
                })
                .await
            };
            let line = open.await;
            drop(inputs.send(Input::Opened(number, line)));
        });
    }

    pub(super) fn opened(&mut self, number: u64, line: Result<Line, String>) {
        if self.opening != Some(number) {
            return;
        }
        self.opening = None;
        let Ok(line) = line else {
            return self.reconnect_later();
        };
        self.recorder.note(What::Opened {
            device: self.name,
            socket: number,
        });
        let now = Instant::now();
        (self.line, self.failures) = (Some(line), 0);
        (self.pong_by, self.pinged) = (None, None);
        // The cursors tell more after the sync that follows; a ping at once costs nothing and proves the line.
        self.ping_at = now + self.patience.ping;
        self.to_sync = self.views.keys().map(|session| (*session, now)).collect();
    }

    /// The socket is over, whoever noticed.
    pub(super) fn lost(&mut self, how: &str) {
        self.opening = None;
        if let Some(line) = self.line.take() {
            self.recorder.note(What::Ended {
                device: self.name,
                socket: line.number,
                how: how.to_owned(),
            });
        }
        self.syncing = None;
        self.unknown("the socket ended");
        self.reconnect_later();
    }

    /// Full jitter, as docs/PROTOCOL.md asks for.
    pub(super) fn reconnect_later(&mut self) {
        let longest = Duration::from_millis(500) * 2_u32.pow(self.failures.min(6));
        self.failures += 1;
        let longest = longest.min(self.patience.reconnect);
        self.reopen = Instant::now() + longest.mul_f64(rand::rng().random_range(0.0..1.0));
    }

    pub(super) fn send(&self, frame: &Value) {
        if let Some(line) = &self.line {
            line.send(frame);
        }
    }
}

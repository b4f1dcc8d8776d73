//! Requests through the socket, and their answers.

use std::time::Instant;

use serde_json::{Value, json};

use super::Actor;
use crate::{
    client::{outbox::InFlight, read},
    history::{Answer, Push, Request, Seen, Via, What},
};

impl Actor {
    /// Sends the first request that waits, unless one is on its way: the next may leave when this one is settled, or the two could
    /// change places.
    pub(super) fn ask_next(&mut self) {
        let (None, Some(line)) = (&self.outbox.in_flight, &self.line) else {
            return;
        };
        let Some(pending) = self.outbox.waiting.front_mut() else {
            return;
        };
        pending.tried = true;
        let attempt = self.recorder.number();
        let request = pending.request.clone();
        let id = frame_id(&request, attempt);
        let via = Via::Socket {
            device: self.name,
            socket: line.number,
        };
        self.recorder.note(What::Asked {
            attempt,
            by: self.name.user,
            via,
            request: request.clone(),
        });
        self.outbox.in_flight = Some(InFlight {
            attempt,
            id: id.clone(),
            since: Instant::now(),
        });
        self.send(&frame(
            &request,
            &id,
            &self.names.session_id(request.session()),
        ));
    }

    /// The try on its way came to nothing that anybody knows of.
    pub(super) fn unknown(&mut self, why: &str) {
        if let Some(flight) = self.outbox.in_flight.take() {
            let answer = Answer::Unknown {
                why: why.to_owned(),
            };
            self.recorder.note(What::Answered {
                attempt: flight.attempt,
                answer,
            });
        }
    }

    pub(super) fn answered(&mut self, frame: &Value, answer: Option<Answer>) {
        let (Some(answer), Some((request, attempt))) = (answer, self.settle(frame)) else {
            return;
        };
        self.recorder.note(What::Answered {
            attempt,
            answer: answer.clone(),
        });
        self.show_own(
            &request,
            &answer,
            read::token(frame).or_else(|| read::token(&frame["message"])),
        );
        self.settled.push(request);
    }

    /// The request that a frame answers, if it is the one on its way.
    fn settle(&mut self, frame: &Value) -> Option<(Request, u64)> {
        let flight = self
            .outbox
            .in_flight
            .take_if(|flight| frame["id"] == flight.id.as_str())?;
        let pending = self.outbox.waiting.pop_front()?;
        Some((pending.request, flight.attempt))
    }

    pub(super) fn refused(&mut self, frame: &Value) {
        if self
            .syncing
            .as_ref()
            .is_some_and(|syncing| frame["id"] == syncing.id.as_str())
        {
            return self.sync_again(Instant::now() + self.patience.hole);
        }
        let is_own = self
            .outbox
            .in_flight
            .as_ref()
            .is_some_and(|flight| frame["id"] == flight.id.as_str());
        if !is_own {
            return;
        }
        let code = frame["code"].as_str().unwrap_or_default().to_owned();
        if frame["retry"] == true {
            return self.unknown(&code);
        }
        let Some((request, attempt)) = self.settle(frame) else {
            return;
        };
        self.recorder.note(What::Answered {
            attempt,
            answer: Answer::Refused { code },
        });
        let current = read::seen(&self.names, &frame["current"]);
        if let (Some(seen), Some(view)) = (current, self.views.get_mut(&request.session())) {
            view.keep(seen);
        }
    }

    /// What was acknowledged is shown, as if it had been pushed.
    fn show_own(&mut self, request: &Request, answer: &Answer, token: Option<Value>) {
        let Answer::Acked {
            id,
            seq,
            change,
            rev,
            created_at,
            ..
        } = answer
        else {
            return;
        };
        let content = match request {
            Request::Send { content, .. } if *rev == 1 => content.clone(),
            Request::Alter {
                rev: before,
                content,
                ..
            } if *rev == before + 1 => content.clone().unwrap_or_default(),
            // Somebody has altered it meanwhile: a sync will tell.
            _ => return,
        };
        let known = self
            .views
            .get(&request.session())
            .and_then(|view| view.messages().get(seq));
        let seen = Seen {
            id: *id,
            seq: *seq,
            change: *change,
            rev: *rev,
            author: known.map_or(self.name.user, |known| known.author),
            content,
            created_at: created_at.clone(),
            deleted: matches!(request, Request::Alter { content: None, .. }),
        };
        self.show(
            request.session(),
            Push {
                seen,
                prev: change - 1,
            },
            token,
        );
    }
}

/// A send's id is its idempotency key, the same at every try. Others have one for each, so that a late answer is not taken for
/// that of another try.
fn frame_id(request: &Request, attempt: u64) -> String {
    match request {
        Request::Send { key, .. } => key.clone(),
        _ => format!("r-{attempt}"),
    }
}

fn frame(request: &Request, id: &str, session_id: &str) -> Value {
    match request {
        Request::Send { content, .. } => {
            json!({"type": "message", "id": id, "session_id": session_id, "content": content})
        }
        Request::Alter {
            message,
            rev,
            content: Some(content),
            ..
        } => {
            json!({"type": "edit", "id": id, "session_id": session_id, "message_id": message, "rev": rev, "content": content})
        }
        Request::Alter {
            message,
            rev,
            content: None,
            ..
        } => {
            json!({"type": "delete", "id": id, "session_id": session_id, "message_id": message, "rev": rev})
        }
        Request::Read { seq, .. } => {
            json!({"type": "read", "id": id, "session_id": session_id, "seq": seq})
        }
        // These go over REST alone.
        Request::Add { .. } | Request::Remove { .. } | Request::Peek { .. } => Value::Null,
    }
}

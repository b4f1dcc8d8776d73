//! From what a device wants to a request.

use reqwest::Method;
use serde_json::json;

use super::Actor;
use crate::{
    client::{RestError, read},
    history::{Answer, Request, Session, Via, What},
    plan::Wish,
};

/// Nobody types on while so many messages are still on their way.
const LONGEST_QUEUE: usize = 4;

/// A long message now and then, so that a sync does not fit into one frame.
const LONG_EVERY: usize = 23;
const LONG_WORDS: usize = 600;

/// A device reads one of so many last messages, so that another of the user's has often read further.
const OLDEST_READ: usize = 24;

impl Actor {
    pub(super) fn wish(&mut self, wish: Wish) {
        if self.outbox.waiting.len() >= LONGEST_QUEUE || self.views.is_empty() {
            return;
        }
        match wish {
            Wish::Send { choice } => {
                let request = self.new_message(choice);
                self.outbox.add(request);
            }
            Wish::SendTwice { choice } => {
                let request = self.new_message(choice);
                self.send_by_rest(request.clone());
                self.outbox.add(request);
            }
            Wish::SendByRest { choice } => {
                let request = self.new_message(choice);
                self.send_by_rest(request);
            }
            Wish::Repeat { choice } => self.repeat(choice, |request| request),
            Wish::Clash { choice } => self.repeat(choice, clashing),
            Wish::Edit { choice } => self.alter(choice, true),
            Wish::Delete { choice } => self.alter(choice, false),
            Wish::Read { choice } => self.read(choice),
            Wish::Typing { choice } => {
                let session = self.choose(choice);
                self.send(&json!({"type": "user_typing", "session_id": self.names.session_id(session), "typing": true}));
            }
        }
    }

    pub(super) fn greet(&mut self) {
        for place in 0..self.views.len() {
            let request = self.new_message(place * LONG_EVERY + 1);
            self.outbox.add(request);
        }
    }

    fn choose(&self, choice: usize) -> Session {
        let mut sessions = self.views.keys();
        sessions
            .nth(choice % self.views.len())
            .copied()
            .unwrap_or(Session(0))
    }

    fn new_message(&mut self, choice: usize) -> Request {
        let key = self.key('m');
        let mut content = format!("{key} says something");
        if choice.is_multiple_of(LONG_EVERY) {
            content += &" at length".repeat(LONG_WORDS);
        }
        Request::Send {
            session: self.choose(choice / LONG_EVERY),
            content,
            key,
        }
    }

    fn key(&mut self, kind: char) -> String {
        self.keys += 1;
        format!("{kind}-{}-{}", self.name, self.keys)
    }

    fn repeat(&mut self, choice: usize, change: fn(Request) -> Request) {
        let sends: Vec<_> = self
            .settled
            .iter()
            .filter(|request| matches!(request, Request::Send { .. }))
            .collect();
        if let Some(request) = sends.get(choice % sends.len().max(1)) {
            let request = change((*request).clone());
            self.outbox.add(request);
        }
    }

    fn alter(&mut self, choice: usize, edits: bool) {
        let session = self.choose(choice);
        let own: Vec<_> = self.views[&session]
            .messages()
            .values()
            .filter(|seen| seen.author == self.name.user && !seen.deleted)
            .collect();
        // A recent one, so that the user's devices often mean the same.
        let Some(seen) = own
            .iter()
            .rev()
            .nth(choice / LONG_EVERY % own.len().clamp(1, 4))
        else {
            return;
        };
        let (message, rev) = (seen.id, seen.rev);
        let key = self.key(if edits { 'e' } else { 'd' });
        let content = edits.then(|| format!("{key} says something else"));
        self.outbox.add(Request::Alter {
            key,
            session,
            message,
            rev,
            content,
        });
    }

    fn read(&mut self, choice: usize) {
        let session = self.choose(choice);
        let messages = self.views[&session].messages();
        if messages.is_empty() {
            return;
        }
        let seq = messages
            .keys()
            .rev()
            .nth(choice / LONG_EVERY % messages.len().min(OLDEST_READ))
            .copied();
        let key = self.key('r');
        self.outbox.add(Request::Read {
            key,
            session,
            seq: seq.unwrap_or(1),
        });
    }

    /// Until it is settled, beside whatever the socket does.
    fn send_by_rest(&self, request: Request) {
        let Request::Send {
            key,
            session,
            content,
        } = &request
        else {
            return;
        };
        let body =
            json!({"id": key, "session_id": self.names.session_id(*session), "content": content});
        let (account, recorder) = (self.account.clone(), self.recorder.clone());
        self.tasks.spawn(async move {
            loop {
                let attempt = recorder.number();
                recorder.note(What::Asked {
                    attempt,
                    by: account.user,
                    via: Via::Rest,
                    request: request.clone(),
                });
                let answer = match account
                    .ask_all(Method::POST, "/api/chat/messages", &[], Some(&body))
                    .await
                {
                    Ok(reply) => read::ack(&reply.body, reply.has_rate).unwrap_or(Answer::Done),
                    Err(RestError::Refused { code, .. }) => Answer::Refused { code },
                    Err(RestError::Unknown(why)) => Answer::Unknown { why },
                };
                let is_final = answer.is_final();
                recorder.note(What::Answered { attempt, answer });
                if is_final {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        });
    }
}

/// The same key for another text.
fn clashing(request: Request) -> Request {
    match request {
        Request::Send {
            key,
            session,
            content,
        } => Request::Send {
            key,
            session,
            content: format!("not {content}"),
        },
        other => other,
    }
}

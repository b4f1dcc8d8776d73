//! An invocation on its way to a process and back.

use bytes::Bytes;
use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;

use super::outcome::{InvokeError, Outcome};

/// An invocation that has not been answered.
#[derive(Debug)]
pub(super) struct Job {
    /// The same for every attempt of an asynchronous invocation.
    pub(super) request_id: Uuid,
    /// The event.
    pub(super) payload: Bytes,
    /// Whether the caller wants the end of the log, and so waits for the end of the invocation.
    pub(super) with_log: bool,
    /// When it stops waiting for a process.
    pub(super) expires: Instant,
    reply: Option<oneshot::Sender<Answer>>,
    /// A result that waits for the end of the log.
    held: Option<(Bytes, bool)>,
}

/// What the caller gets.
pub(super) type Answer = Result<Outcome, InvokeError>;

impl Job {
    /// A job and where its answer arrives.
    pub(super) fn new(
        request_id: Uuid,
        payload: Bytes,
        with_log: bool,
        expires: Instant,
    ) -> (Self, oneshot::Receiver<Answer>) {
        let (reply, answer) = oneshot::channel();
        (
            Self {
                request_id,
                payload,
                with_log,
                expires,
                reply: Some(reply),
                held: None,
            },
            answer,
        )
    }

    /// Whether the function has not answered yet.
    pub(super) fn is_open(&self) -> bool {
        self.reply.is_some() && self.held.is_none()
    }

    /// The function's result. It goes to the caller at once, or with the log when that was asked for.
    pub(super) fn complete(&mut self, payload: Bytes, failed: bool) {
        self.held = Some((payload, failed));
        if !self.with_log {
            self.close(String::new());
        }
    }

    /// The invocation is over, and this is the end of its log.
    pub(super) fn close(&mut self, log_tail: String) {
        if let Some((payload, failed)) = self.held.take() {
            self.answer(Ok(Outcome {
                request_id: self.request_id,
                payload,
                failed,
                log_tail,
            }));
        }
    }

    /// Lambda refuses it.
    pub(super) fn refuse(&mut self, error: InvokeError) {
        self.answer(Err(error));
    }

    /// A caller that has gone away gets nothing, while its invocation runs on.
    fn answer(&mut self, answer: Answer) {
        if let Some(reply) = self.reply.take() {
            drop(reply.send(answer));
        }
    }
}

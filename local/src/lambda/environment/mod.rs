//! One execution environment: which event its process has, and what has become of it.

mod closing;

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};
use uuid::Uuid;

use super::{
    exchange::{Asked, Delivery, Refusal, Stage, Watch},
    job::Job,
    outcome::Failure,
    output::Output,
    report::{self, Phase},
    traits::Traits,
};
use crate::dials::Sentence;

/// One execution environment. Its process is watched by its supervisor, its Runtime API runs in tasks of its own, and
/// the pool gives it events; this is what they share.
#[derive(Debug)]
pub(super) struct Environment {
    /// What it was told when it started.
    pub(super) traits: Traits,
    /// Woken when the process has asked for its first event.
    pub(super) ready: Notify,
    /// Woken when the supervisor has to see whether a retired process has an event left.
    pub(super) retired: Notify,
    /// Woken when the process is to die in the middle of its work.
    pub(super) killed: Arc<Notify>,
    /// What the process writes.
    pub(super) output: Output,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// Where the runtime waits for an event; one place unless it may have several at once.
    polls: VecDeque<oneshot::Sender<Delivery>>,
    /// Events that found nobody waiting.
    undelivered: VecDeque<Delivery>,
    current: Vec<Invocation>,
    /// Whether it has had an event.
    is_used: bool,
    /// Whether it gets no more events.
    is_retired: bool,
    /// How long the start took, until a report has said so.
    init: Option<Duration>,
    init_error: Option<Bytes>,
    max_memory_mb: u64,
    memory_known_until: Instant,
    idle_since: Instant,
}

#[derive(Debug)]
struct Invocation {
    job: Job,
    invocation_id: Uuid,
    started: Instant,
    /// It is spared when the invocation is over.
    sentence: Option<Sentence>,
}

impl Environment {
    /// An environment whose process has just been started.
    pub(super) fn new(traits: Traits, output: Output) -> Self {
        let started = Instant::now();
        let state = State {
            stage: Stage::Starting,
            polls: VecDeque::new(),
            undelivered: VecDeque::new(),
            current: Vec::new(),
            is_used: false,
            is_retired: false,
            init: None,
            init_error: None,
            max_memory_mb: 0,
            memory_known_until: started,
            idle_since: started,
        };
        Self {
            ready: Notify::new(),
            retired: Notify::new(),
            killed: Arc::default(),
            output,
            traits,
            started,
            state: Mutex::new(state),
        }
    }

    /// Where it is in its life.
    pub(super) fn stage(&self) -> Stage {
        self.lock().stage
    }

    /// Hands over an event; gives it back when the process has ended or is to end.
    pub(super) fn begin(&self, job: Job) -> Option<Job> {
        let mut state = self.lock();
        if state.stage == Stage::Ended || state.is_retired {
            return Some(job);
        }
        if job.with_log {
            self.output.keep_tail();
        }
        self.output.platform(|| report::start(job.request_id));
        let started = match self.traits.phase {
            Phase::Invoke if !state.is_used => self.started,
            _ => Instant::now(),
        };
        state.is_used = true;
        let left = self.traits.timeout.saturating_sub(started.elapsed());
        let deadline = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + left;
        let delivery = Delivery {
            request_id: job.request_id,
            invocation_id: Uuid::new_v4(),
            deadline_ms: deadline.as_millis(),
            payload: job.payload.clone(),
        };
        let traits = &self.traits;
        if let Some(freezer) = &traits.freezer {
            freezer.thaw();
        }
        state.stage = Stage::Busy;
        state.current.push(Invocation {
            job,
            invocation_id: delivery.invocation_id,
            started,
            sentence: traits.dials.sentence(&traits.function, &self.killed),
        });
        state.deliver(delivery);
        None
    }

    /// The runtime asks for an event. Gives where it will arrive, and what that means to the pool; `None` when the current
    /// invocation has not been answered.
    pub(super) fn next(&self) -> Option<(oneshot::Receiver<Delivery>, Asked)> {
        let mut state = self.lock();
        let (poll, delivery) = oneshot::channel();
        let asked = match state.stage {
            Stage::Starting => {
                state.init = (self.traits.phase == Phase::Init).then(|| self.started.elapsed());
                state.stage = Stage::Idle;
                self.ready.notify_one();
                Asked::First
            }
            // A runtime whose connection broke before the event arrived asks again.
            Stage::Busy if !state.undelivered.is_empty() => Asked::Again,
            Stage::Busy | Stage::Idle if self.traits.is_concurrent => Asked::Room,
            Stage::Busy if state.current.iter().any(|current| current.job.is_open()) => {
                return None;
            }
            Stage::Busy => {
                self.close_all(&mut state, None);
                state.stage = Stage::Idle;
                Asked::Finished
            }
            Stage::Idle | Stage::Ended => Asked::Again,
        };
        if !self.traits.is_concurrent {
            state.polls.clear();
        }
        state.polls.push_back(poll);
        if let Some(undelivered) = state.undelivered.pop_front() {
            state.deliver(undelivered);
        }
        if state.stage == Stage::Idle {
            state.idle_since = Instant::now();
            if let Some(freezer) = &self.traits.freezer {
                freezer.freeze();
            }
        }
        Some((delivery, asked))
    }

    /// The runtime answers.
    pub(super) fn answer(
        &self,
        request_id: &str,
        invocation_id: Option<&str>,
        answer: Result<Bytes, Bytes>,
    ) -> Result<(), Refusal> {
        self.answer_with(request_id, invocation_id, |_| match answer {
            Ok(payload) => (payload, false),
            Err(payload) => (payload, true),
        })
    }

    /// The runtime's answer was too large for Lambda.
    pub(super) fn answer_too_large(
        &self,
        request_id: &str,
        invocation_id: Option<&str>,
    ) -> Result<(), Refusal> {
        self.answer_with(request_id, invocation_id, |id| {
            (Failure::ResponseTooLarge.payload(id), true)
        })
    }

    fn answer_with(
        &self,
        request_id: &str,
        invocation_id: Option<&str>,
        answer: impl FnOnce(Uuid) -> (Bytes, bool),
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        let id = Uuid::try_parse(request_id).ok();
        let at = state
            .current
            .iter()
            .position(|current| Some(current.job.request_id) == id && current.job.is_open());
        let at = at.ok_or(Refusal::RequestId)?;
        let current = &mut state.current[at];
        if invocation_id.is_some_and(|id| Uuid::try_parse(id) != Ok(current.invocation_id)) {
            return Err(Refusal::InvocationId);
        }
        if current
            .sentence
            .as_ref()
            .is_some_and(Sentence::before_answer)
        {
            return Err(Refusal::Killed);
        }
        let (payload, failed) = answer(current.job.request_id);
        current.job.complete(payload, failed);
        if let Some(sentence) = &current.sentence {
            sentence.after_answer();
        }
        if self.traits.is_concurrent {
            // Its next request for an event says nothing about which invocation is over.
            let over = state.current.remove(at);
            self.close(&mut state, over, None);
            // One that is being killed stays that: it must not get another event.
            if state.current.is_empty() && state.stage == Stage::Busy {
                state.stage = Stage::Idle;
                state.idle_since = Instant::now();
                if state.is_retired {
                    self.retired.notify_one();
                }
            }
        }
        Ok(())
    }

    /// The runtime says that it could not start.
    pub(super) fn fail_init(&self, error: Bytes) {
        self.lock().init_error = Some(error);
    }

    /// What a supervisor has to do next.
    pub(super) fn watch(&self, now: Instant, idle_timeout: Duration) -> Watch {
        let state = self.lock();
        let timeout = self.traits.timeout;
        let deadlines = state
            .current
            .iter()
            .map(|current| current.started + timeout);
        match deadlines.min() {
            Some(deadline) if deadline <= now => Watch::TimedOut,
            // An event that comes from now on cannot run out of time before that, so no event has to wake the supervisor.
            Some(deadline) => Watch::Until(deadline),
            None if state.is_retired => Watch::Retired,
            None if state.idle_since + idle_timeout <= now => Watch::Idle,
            None => Watch::Until((state.idle_since + idle_timeout).min(now + timeout)),
        }
    }

    /// Nothing is wrong with it, but it gets no more events, and ends when it has none.
    pub(super) fn retire(&self) {
        self.lock().is_retired = true;
        self.retired.notify_one();
    }

    /// Whether it has nothing to do and waits in that many requests, so that nobody is about to give it an event.
    pub(super) fn is_idle_in(&self, requests: usize) -> bool {
        let state = self.lock();
        state.stage == Stage::Idle && state.polls.len() == requests
    }

    /// Marks the end, so that no event comes any more, and gives the stage that this ended. What it has may still be
    /// answered, until `abandon` or `refuse`.
    pub(super) fn end(&self) -> Stage {
        mem::replace(&mut self.lock().stage, Stage::Ended)
    }

    /// Marks the end of a start that takes too long; false when the process has become ready at the last moment.
    pub(super) fn give_up_start(&self) -> bool {
        let mut state = self.lock();
        let is_starting = state.stage == Stage::Starting;
        if is_starting {
            state.stage = Stage::Ended;
        }
        is_starting
    }

    /// How a start failed, when the runtime has said so.
    pub(super) fn init_failure(&self, failure: Failure) -> Failure {
        self.lock().init_error.take().map_or(failure, Failure::Init)
    }

    /// How long it has been since the start.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives an event to whoever waits, or to the next who asks.
    fn deliver(&mut self, mut delivery: Delivery) {
        while let Some(poll) = self.polls.pop_front() {
            match poll.send(delivery) {
                Ok(()) => return,
                // The connection of that request has broken.
                Err(returned) => delivery = returned,
            }
        }
        self.undelivered.push_back(delivery);
    }
}

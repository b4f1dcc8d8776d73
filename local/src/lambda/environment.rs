//! One execution environment: which event its process has, and what has become of it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};
use uuid::Uuid;

use super::{
    job::Job,
    outcome::{Failure, InvokeError},
    output::Output,
    process::peak_memory_mb,
    report::{self, Report},
};

/// How old the peak of a process's memory may be in a report: to ask the system costs as much as a short invocation.
const MEMORY_INTERVAL: Duration = Duration::from_millis(100);

/// One execution environment. Its process is watched by its supervisor, its Runtime API runs in tasks of its own, and
/// the pool gives it events; this is what they share.
#[derive(Debug)]
pub(super) struct Environment {
    /// Counts the executables of the function, so that an old one is known after a replacement.
    pub(super) generation: u64,
    /// Woken when the process has asked for its first event.
    pub(super) ready: Notify,
    /// Woken when the process is to end although nothing is wrong with it.
    pub(super) retired: Notify,
    /// What the process writes.
    pub(super) output: Output,
    timeout: Duration,
    memory_mb: u32,
    process_id: Option<u32>,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stage: Stage,
    /// Where the runtime waits for an event.
    poll: Option<oneshot::Sender<Delivery>>,
    /// An event that found nobody waiting.
    undelivered: Option<Delivery>,
    current: Option<Invocation>,
    /// How long the start took, until a report has said so.
    init: Option<Duration>,
    init_error: Option<Bytes>,
    max_memory_mb: u64,
    memory_known_until: Instant,
    idle_since: Instant,
}

/// Where an environment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not asked for an event yet.
    Starting,
    /// It has no event.
    Idle,
    /// It has an event, answered or not.
    Busy,
    /// Its process has ended or is being killed.
    Ended,
}

/// An event as the runtime gets it.
#[derive(Debug)]
pub(super) struct Delivery {
    /// Of the invocation.
    pub(super) request_id: Uuid,
    /// Of this attempt.
    pub(super) invocation_id: Uuid,
    /// When the process will be killed, in milliseconds since 1970.
    pub(super) deadline_ms: u128,
    /// The event.
    pub(super) payload: Bytes,
}

#[derive(Debug)]
struct Invocation {
    job: Job,
    invocation_id: Uuid,
    started: Instant,
}

/// When a supervisor has to look again, or what it has to do.
#[derive(Debug)]
pub(super) enum Watch {
    /// Look again then.
    Until(Instant),
    /// The invocation has run out of time.
    TimedOut,
    /// It has been idle for too long.
    Idle,
}

/// Why the Runtime API refuses an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not the request id of the current invocation, or that one has been answered.
    RequestId,
    /// Not the invocation id of the current attempt.
    InvocationId,
}

impl Environment {
    /// An environment whose process has just been started.
    pub(super) fn new(
        generation: u64,
        timeout: Duration,
        memory_mb: u32,
        process_id: Option<u32>,
        output: Output,
    ) -> Self {
        let started = Instant::now();
        let state = State {
            stage: Stage::Starting,
            poll: None,
            undelivered: None,
            current: None,
            init: None,
            init_error: None,
            max_memory_mb: 0,
            memory_known_until: started,
            idle_since: started,
        };
        Self {
            generation,
            ready: Notify::new(),
            retired: Notify::new(),
            output,
            timeout,
            memory_mb,
            process_id,
            started,
            state: Mutex::new(state),
        }
    }

    /// Where it is in its life.
    pub(super) fn stage(&self) -> Stage {
        self.lock().stage
    }

    /// Hands over an event; gives it back when the process has ended.
    pub(super) fn begin(&self, job: Job) -> Option<Job> {
        let mut state = self.lock();
        if state.stage == Stage::Ended {
            return Some(job);
        }
        if job.with_log {
            self.output.keep_tail();
        }
        self.output.platform(|| report::start(job.request_id));
        let deadline = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            + self.timeout;
        let delivery = Delivery {
            request_id: job.request_id,
            invocation_id: Uuid::new_v4(),
            deadline_ms: deadline.as_millis(),
            payload: job.payload.clone(),
        };
        state.stage = Stage::Busy;
        state.current = Some(Invocation {
            job,
            invocation_id: delivery.invocation_id,
            started: Instant::now(),
        });
        state.undelivered = match state.poll.take() {
            Some(poll) => poll.send(delivery).err(),
            None => Some(delivery),
        };
        None
    }

    /// The runtime asks for an event: the current invocation is over. Gives where the event will arrive, and the stage
    /// that this ended; `None` when the current invocation has not been answered.
    pub(super) fn next(&self) -> Option<(oneshot::Receiver<Delivery>, Stage)> {
        let mut state = self.lock();
        let (poll, delivery) = oneshot::channel();
        let before = state.stage;
        match before {
            Stage::Starting => {
                state.init = Some(self.started.elapsed());
                state.stage = Stage::Idle;
                self.ready.notify_one();
            }
            Stage::Busy
                if state
                    .current
                    .as_ref()
                    .is_some_and(|current| current.job.is_open()) =>
            {
                // A runtime whose connection broke before the event arrived asks again.
                let undelivered = state.undelivered.take()?;
                return poll
                    .send(undelivered)
                    .is_ok()
                    .then_some((delivery, Stage::Idle));
            }
            Stage::Busy => {
                self.close(&mut state, None);
                state.stage = Stage::Idle;
            }
            Stage::Idle | Stage::Ended => {}
        }
        state.idle_since = Instant::now();
        state.poll = Some(poll);
        Some((delivery, before))
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
        let Some(current) = &mut state.current else {
            return Err(Refusal::RequestId);
        };
        if Uuid::try_parse(request_id) != Ok(current.job.request_id) || !current.job.is_open() {
            return Err(Refusal::RequestId);
        }
        if invocation_id.is_some_and(|id| Uuid::try_parse(id) != Ok(current.invocation_id)) {
            return Err(Refusal::InvocationId);
        }
        let (payload, failed) = answer(current.job.request_id);
        current.job.complete(payload, failed);
        Ok(())
    }

    /// The runtime says that it could not start.
    pub(super) fn fail_init(&self, error: Bytes) {
        self.lock().init_error = Some(error);
    }

    /// What a supervisor has to do next.
    pub(super) fn watch(&self, now: Instant, idle_timeout: Duration) -> Watch {
        let state = self.lock();
        match &state.current {
            Some(current) if current.started + self.timeout <= now => Watch::TimedOut,
            Some(current) => Watch::Until(current.started + self.timeout),
            None if state.idle_since + idle_timeout <= now => Watch::Idle,
            // An event that comes from now on cannot run out of time before that, so no event has to wake the supervisor.
            None => Watch::Until((state.idle_since + idle_timeout).min(now + self.timeout)),
        }
    }

    /// Marks the end, so that no event comes any more. Gives the stage that this ended.
    pub(super) fn end(&self) -> Stage {
        let mut state = self.lock();
        std::mem::replace(&mut state.stage, Stage::Ended)
    }

    /// How a start failed, when the runtime has said so.
    pub(super) fn init_failure(&self, failure: Failure) -> Failure {
        self.lock().init_error.take().map_or(failure, Failure::Init)
    }

    /// How long it has been since the start.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the current invocation, if there is one, by a failure of the process.
    pub(super) fn abandon(&self, failure: &Failure) {
        self.close(&mut self.lock(), Some(failure));
    }

    /// Refuses the current invocation, if there is one: the stack is stopping.
    pub(super) fn refuse(&self) {
        if let Some(mut current) = self.lock().current.take() {
            current
                .job
                .refuse(InvokeError::Service("the stack is stopping".to_owned()));
        }
    }

    fn close(&self, state: &mut State, failure: Option<&Failure>) {
        let Some(mut current) = state.current.take() else {
            return;
        };
        let request_id = current.job.request_id;
        if self.output.wanted() {
            self.look_at_memory(state);
            let report = Report {
                request_id,
                duration: current.started.elapsed(),
                init: state.init.take(),
                memory_mb: self.memory_mb,
                max_memory_mb: state.max_memory_mb,
                failure,
            };
            if let Some(Failure::TimedOut(limit)) = failure {
                self.output
                    .platform(|| report::timed_out(request_id, *limit));
            }
            self.output.platform(|| report::end(request_id));
            self.output.platform(|| report.line());
        }
        if let Some(failure) = failure.filter(|_| current.job.is_open()) {
            current.job.complete(failure.payload(request_id), true);
        }
        let tail = if current.job.with_log {
            self.output.take_tail()
        } else {
            String::new()
        };
        current.job.close(tail);
    }

    fn look_at_memory(&self, state: &mut State) {
        let now = Instant::now();
        if state.memory_known_until <= now
            && let Some(peak) = self.process_id.and_then(peak_memory_mb)
        {
            state.max_memory_mb = peak;
            state.memory_known_until = now + MEMORY_INTERVAL;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

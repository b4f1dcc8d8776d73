//! The environments of one function, and what waits for them.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::header::HeaderValue;
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    environment::Environment,
    exchange::{Asked, Stage},
    job::{Answer, Job},
    options::LambdaOptions,
    outcome::InvokeError,
    supervisor,
};
use crate::{
    logs::Logs,
    template::{ACCOUNT_ID, Function, REGION},
};

/// What the functions of a stack share.
#[derive(Debug)]
pub(super) struct Shared {
    /// How functions are run.
    pub(super) options: LambdaOptions,
    /// Where their lines go.
    pub(super) logs: Logs,
    /// How many processes may be starting.
    pub(super) starts: Semaphore,
    /// Cancelled when the stack stops.
    pub(super) stop: CancellationToken,
    /// Everything that has to end before the stack has stopped.
    pub(super) tasks: TaskTracker,
}

/// The environments of one function.
#[derive(Debug)]
pub(super) struct Pool {
    /// Logical id of the function.
    pub(super) id: Arc<str>,
    /// As declared.
    pub(super) function: Function,
    /// `Lambda-Runtime-Invoked-Function-Arn`.
    pub(super) arn: HeaderValue,
    /// What it shares with the others.
    pub(super) shared: Arc<Shared>,
    state: Mutex<State>,
}

/// How busy a function is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionStatus {
    /// Processes that have not asked for their first event.
    pub starting: usize,
    /// Events that processes have; without concurrency, processes with an event.
    pub busy: usize,
    /// Events that processes wait for; without concurrency, processes without an event.
    pub idle: usize,
    /// Invocations that wait for a process.
    pub waiting: usize,
}

#[derive(Debug)]
struct State {
    executable: PathBuf,
    generation: u64,
    /// Environments that have not ended, in any stage.
    live: usize,
    starting: usize,
    busy: usize,
    /// The most recently used is the last. One that may have several events at once is here for each that it waits for.
    idle: Vec<Arc<Environment>>,
    waiting: VecDeque<Job>,
}

impl Pool {
    /// A function without any process.
    pub(super) fn new(id: &str, function: Function, shared: Arc<Shared>) -> Arc<Self> {
        let folder = shared.options.code_root.join(&function.code_uri);
        let executable = shared
            .options
            .executables
            .get(id)
            .cloned()
            .unwrap_or_else(|| folder.join("bootstrap"));
        let arn = arn(&function.name);
        let state = State {
            executable,
            generation: 0,
            live: 0,
            starting: 0,
            busy: 0,
            idle: Vec::new(),
            waiting: VecDeque::new(),
        };
        Arc::new(Self {
            id: id.into(),
            arn: HeaderValue::from_str(&arn)
                .unwrap_or_else(|_| HeaderValue::from_static("arn:aws:lambda")),
            function,
            shared,
            state: Mutex::new(state),
        })
    }

    /// Invokes the function and waits for its answer, at most `queue_timeout` of that for a process.
    pub(super) async fn invoke(
        self: &Arc<Self>,
        request_id: Uuid,
        payload: bytes::Bytes,
        with_log: bool,
    ) -> Answer {
        let expires = Instant::now() + self.shared.options.queue_timeout;
        let (job, mut answer) = Job::new(request_id, payload, with_log, expires);
        if self.submit(job)? {
            tokio::select! {
                answer = &mut answer => return answer.unwrap_or_else(|_| Err(stopping())),
                () = tokio::time::sleep_until(expires) => self.expire(request_id),
            }
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Gives a job to the most recently used idle environment, or lets it wait. Says whether it waits.
    fn submit(self: &Arc<Self>, mut job: Job) -> Result<bool, InvokeError> {
        loop {
            let mut state = self.lock();
            if self.shared.stop.is_cancelled() {
                return Err(stopping());
            }
            let running = state.busy + state.waiting.len();
            let options = &self.shared.options;
            let of_account = options
                .refuses_when_busy
                .then_some(options.max_environments * self.concurrency());
            let limits = [self.function.reserved_concurrency, of_account];
            if limits.into_iter().flatten().any(|limit| running >= limit) {
                return Err(InvokeError::Throttled);
            }
            let Some(environment) = state.idle.pop() else {
                state.waiting.push_back(job);
                self.start_more(&mut state);
                return Ok(true);
            };
            state.busy += 1;
            drop(state);
            match environment.begin(job) {
                None => return Ok(false),
                Some(returned) => job = returned,
            }
            // Its process has just ended or been retired; the next one may live.
            self.lock().busy -= 1;
        }
    }

    /// An environment has room for an event: gives it the longest waiting one, or keeps it.
    pub(super) fn release(self: &Arc<Self>, environment: &Arc<Environment>, asked: Asked) {
        let mut state = self.lock();
        match asked {
            Asked::First => state.starting -= 1,
            Asked::Finished => state.busy -= 1,
            Asked::Room => {}
            Asked::Again => return,
        }
        if environment.stage() == Stage::Ended {
            return;
        }
        if environment.traits.generation != state.generation {
            environment.retire();
            return;
        }
        let Some(job) = state.next_waiting() else {
            state.idle.push(Arc::clone(environment));
            return;
        };
        state.busy += 1;
        drop(state);
        if let Some(job) = environment.begin(job) {
            let mut state = self.lock();
            state.busy -= 1;
            state.waiting.push_front(job);
            self.start_more(&mut state);
        }
    }

    /// An environment that may have several events at once has answered one of them.
    pub(super) fn answered(&self) {
        self.lock().busy -= 1;
    }

    /// Takes an idle environment out of use; false when it has just been given an event.
    pub(super) fn retire(&self, environment: &Arc<Environment>) -> bool {
        let mut state = self.lock();
        let places = state.idle.iter();
        let places = places.filter(|idle| Arc::ptr_eq(idle, environment)).count();
        let is_idle = places > 0 && environment.is_idle_in(places);
        if is_idle {
            state.forget(environment);
        }
        is_idle
    }

    /// An environment has ended in that stage, and so many events with it.
    pub(super) fn ended(
        self: &Arc<Self>,
        environment: &Arc<Environment>,
        stage: Stage,
        events: usize,
    ) {
        let mut state = self.lock();
        state.live -= 1;
        state.busy -= events;
        if stage == Stage::Starting {
            state.starting -= 1;
        }
        state.forget(environment);
        self.start_more(&mut state);
    }

    /// Whether an environment has an event, and so may soon be free.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().busy > 0
    }

    /// Whether an environment that could start now would find something to do; if not, it must not start.
    pub(super) fn begin_start(&self) -> Option<(PathBuf, u64)> {
        let mut state = self.lock();
        state.drop_expired();
        if state.waiting.is_empty() || self.shared.stop.is_cancelled() {
            state.starting -= 1;
            state.live -= 1;
            return None;
        }
        Some((state.executable.clone(), state.generation))
    }

    /// An environment could not become ready: the longest waiting invocation is answered, and maybe the next one tried.
    pub(super) fn start_failed(self: &Arc<Self>, answer: impl FnOnce(&mut Job)) {
        let mut state = self.lock();
        state.starting -= 1;
        state.live -= 1;
        if let Some(mut job) = state.next_waiting() {
            answer(&mut job);
        }
        self.start_more(&mut state);
    }

    /// From now on new processes run another executable; those of the old one end when they have no event.
    pub(super) fn replace(&self, executable: PathBuf) {
        let mut state = self.lock();
        state.executable = executable;
        state.generation += 1;
        for environment in state.idle.drain(..) {
            environment.retire();
        }
    }

    /// Refuses what waits; the stack is stopping.
    pub(super) fn refuse_waiting(&self) {
        for mut job in self.lock().waiting.drain(..) {
            job.refuse(stopping());
        }
    }

    /// How busy it is.
    pub(super) fn status(&self) -> FunctionStatus {
        let state = self.lock();
        FunctionStatus {
            starting: state.starting,
            busy: state.busy,
            idle: state.idle.len(),
            waiting: state.waiting.len(),
        }
    }

    /// Throttles a job that has waited for too long; one that has been given to a process meanwhile runs on.
    fn expire(&self, request_id: Uuid) {
        let mut state = self.lock();
        if let Some(at) = state
            .waiting
            .iter()
            .position(|job| job.request_id == request_id)
            && let Some(mut job) = state.waiting.remove(at)
        {
            job.refuse(InvokeError::Throttled);
        }
    }

    /// How many events a process has at once: what the function declares, or else what all have.
    pub(super) fn concurrency(&self) -> usize {
        let of_all = self.shared.options.concurrency;
        self.function.concurrency.unwrap_or(of_all).max(1)
    }

    /// Starts an environment for every waiting job that none is starting for, up to the limit.
    fn start_more(self: &Arc<Self>, state: &mut State) {
        let each = self.concurrency();
        while state.starting * each < state.waiting.len()
            && state.live < self.shared.options.max_environments
            && !self.shared.stop.is_cancelled()
        {
            state.starting += 1;
            state.live += 1;
            self.shared.tasks.spawn(supervisor::run(Arc::clone(self)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_waiting(&mut self) -> Option<Job> {
        self.drop_expired();
        self.waiting.pop_front()
    }

    /// A job whose caller has gone away is nobody's to expire.
    fn drop_expired(&mut self) {
        let now = Instant::now();
        while let Some(mut job) = self.waiting.pop_front_if(|job| job.expires <= now) {
            job.refuse(InvokeError::Throttled);
        }
    }

    fn forget(&mut self, environment: &Arc<Environment>) {
        self.idle.retain(|idle| !Arc::ptr_eq(idle, environment));
    }
}

/// The ARN of a function of this stack.
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}")
}

fn stopping() -> InvokeError {
    InvokeError::Service("the stack is stopping".to_owned())
}

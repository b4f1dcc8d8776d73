//! The life of an environment, from the start of its process to its end.

use std::{
    collections::BTreeMap,
    io::{self, PipeReader},
    net::Ipv4Addr,
    path::Path,
    pin::pin,
    process::ExitStatus,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::SemaphorePermit,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    environment::Environment,
    exchange::{Stage, Watch},
    outcome::{Failure, InvokeError},
    output::Output,
    pool::Pool,
    process::Process,
    report::{self, Phase},
    runtime_api,
    traits::Traits,
    variables,
};

/// How long a start may keep others from starting: one that takes longer waits for something, and leaves the cores alone.
const START_SLOT: Duration = Duration::from_secs(1);

/// How long a function that has processes waits before it starts one more. A process that has answered asks for its next
/// event a moment later; without this pause a single caller that never waits would grow the function to its limit.
const GROWTH_PAUSE: Duration = Duration::from_millis(1);

/// For how long an executable that is still being written is tried again, and how often.
const BUSY_RETRIES: (Duration, u32) = (Duration::from_millis(20), 25);

/// A started process with everything that serves it.
struct Running {
    environment: Arc<Environment>,
    phase: Phase,
    process: Process,
    /// Its Runtime API, and what reads its output; both end with this value.
    #[expect(dead_code, reason = "it is kept for what its end does")]
    tasks: JoinSet<()>,
}

/// Why an environment ends.
enum End {
    /// The function failed.
    Failed(Failure),
    /// Nothing is wrong: it was idle, replaced, or the stack stops.
    Retired,
}

/// Starts an environment of a function, unless it has become unnecessary, and stays with it to its end.
pub(super) async fn run(pool: Arc<Pool>) {
    if pool.is_busy() {
        sleep(GROWTH_PAUSE).await;
    }
    let Ok(permit) = pool.shared.starts.acquire().await else {
        return;
    };
    let Some((executable, generation)) = pool.begin_start() else {
        return;
    };
    let (running, end) = match live(&pool, &executable, generation, permit).await {
        Ok(lived) => lived,
        Err(error) => {
            let message = format!("{} cannot be started: {error}", executable.display());
            return pool.start_failed(|job| job.refuse(InvokeError::Service(message)));
        }
    };
    finish(&pool, running, end).await;
}

/// Starts a process and stays with it until it has to end. A start that takes too long is tried once more, within the
/// first invocation and its time.
async fn live(
    pool: &Arc<Pool>,
    executable: &Path,
    generation: u64,
    permit: SemaphorePermit<'_>,
) -> io::Result<(Running, End)> {
    let mut running = start(pool, executable, generation, Phase::Init).await?;
    let limit = pool.shared.options.init_timeout;
    let mut ready = {
        let mut ready = pin!(become_ready(pool, &mut running, limit));
        let soon = timeout(START_SLOT, &mut ready).await;
        drop(permit);
        match soon {
            Ok(ready) => ready,
            Err(_) => ready.await,
        }
    };
    if let Err(End::Failed(failure @ Failure::TimedOut(_))) = &ready {
        if running.environment.give_up_start() {
            running.report_init(Phase::Init, failure);
            end_process(pool, &mut running).await;
            running = start(pool, executable, generation, Phase::Invoke).await?;
            ready = become_ready(pool, &mut running, pool.function.timeout).await;
        } else {
            ready = Ok(());
        }
    }
    let end = match ready {
        Ok(()) => watch(pool, &mut running).await,
        Err(end) => end,
    };
    Ok((running, end))
}

async fn start(
    pool: &Arc<Pool>,
    executable: &Path,
    generation: u64,
    phase: Phase,
) -> io::Result<Running> {
    let (function, options) = (&pool.function, &pool.shared.options);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let runtime_api = listener.local_addr()?.to_string();
    // A process with another folder of its own would not find an executable by a relative path.
    let (executable, folder) = (
        std::path::absolute(executable)?,
        options.code_root.join(&function.code_uri),
    );
    let folder = std::path::absolute(folder)?;
    let variables = variables::of(
        function,
        options.variables.get(&*pool.id),
        &folder,
        &runtime_api,
        pool.concurrency(),
    );
    let (process, output) = start_process(&executable, &folder, &variables).await?;
    let output = Output::new(output, Arc::clone(&pool.id), pool.shared.logs.clone())?;
    output.platform(report::init_start);
    let is_concurrent = pool.concurrency() > 1;
    let freezes = options.freeze && !is_concurrent;
    let traits = Traits {
        function: Arc::clone(&pool.id),
        generation,
        timeout: function.timeout,
        memory_mb: function.memory_mb,
        process_id: process.id(),
        phase,
        is_concurrent,
        freezer: freezes.then(|| process.freezer()).flatten(),
        dials: options.dials.clone(),
    };
    let environment = Arc::new(Environment::new(traits, output));
    let mut tasks = JoinSet::new();
    tasks.spawn(runtime_api::serve(
        listener,
        Arc::clone(pool),
        Arc::clone(&environment),
    ));
    let pumped = Arc::clone(&environment);
    tasks.spawn(async move { pumped.output.pump().await });
    Ok(Running {
        environment,
        phase,
        process,
        tasks,
    })
}

/// A build, or a fork of another process at the wrong moment, may hold the executable open for writing.
async fn start_process(
    executable: &Path,
    folder: &Path,
    variables: &BTreeMap<String, String>,
) -> io::Result<(Process, PipeReader)> {
    let (pause, retries) = BUSY_RETRIES;
    for _ in 0..retries {
        match Process::start(executable, folder, variables) {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(pause).await,
            started => return started,
        }
    }
    Process::start(executable, folder, variables)
}

async fn become_ready(pool: &Pool, running: &mut Running, limit: Duration) -> Result<(), End> {
    let failure = tokio::select! {
        // One that has become ready may have an event already.
        biased;
        () = running.environment.ready.notified() => return Ok(()),
        ended = running.process.ended() => exited(ended),
        () = sleep(limit) => Failure::TimedOut(limit),
        () = pool.shared.stop.cancelled() => return Err(End::Retired),
    };
    Err(End::Failed(running.environment.init_failure(failure)))
}

async fn watch(pool: &Pool, running: &mut Running) -> End {
    let environment = Arc::clone(&running.environment);
    loop {
        let until = match environment.watch(Instant::now(), pool.shared.options.idle_timeout) {
            Watch::Until(time) => time,
            Watch::TimedOut => return End::Failed(Failure::TimedOut(pool.function.timeout)),
            Watch::Retired => return End::Retired,
            Watch::Idle if pool.retire(&environment) => return End::Retired,
            // It has just been given an event, or is about to be handed back.
            Watch::Idle => Instant::now() + pool.function.timeout,
        };
        tokio::select! {
            ended = running.process.ended() => return End::Failed(exited(ended)),
            () = environment.killed.notified() => return End::Failed(Failure::killed()),
            () = pool.shared.stop.cancelled() => return End::Retired,
            () = environment.retired.notified() => {}
            () = sleep_until(until) => {}
        }
    }
}

async fn finish(pool: &Arc<Pool>, mut running: Running, end: End) {
    let environment = Arc::clone(&running.environment);
    let stage = environment.end();
    end_process(pool, &mut running).await;
    // Only now are they counted: some may have been answered until their process was dead.
    let events = match (stage, end) {
        (Stage::Starting, End::Failed(failure)) => {
            running.report_init(running.phase, &failure);
            return pool.start_failed(|job| {
                job.complete(failure.payload(job.request_id), true);
                job.close(String::new());
            });
        }
        (_, End::Failed(failure)) => environment.abandon(&failure),
        (_, End::Retired) => environment.refuse(),
    };
    pool.ended(&environment, stage, events);
}

async fn end_process(pool: &Pool, running: &mut Running) {
    if let Err(error) = running.process.kill().await {
        tracing::warn!("a process of {} did not end: {error}", pool.id);
    }
    running.environment.output.finish();
}

impl Running {
    fn report_init(&self, phase: Phase, failure: &Failure) {
        let environment = &self.environment;
        environment
            .output
            .platform(|| report::init(environment.age(), phase, failure));
    }
}

fn exited(ended: io::Result<ExitStatus>) -> Failure {
    Failure::Exited(ended.unwrap_or_default())
}

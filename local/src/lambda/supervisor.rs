//! The life of an environment, from the start of its process to its end.

use std::{
    collections::BTreeMap,
    io::{self, PipeReader},
    net::Ipv4Addr,
    path::Path,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    environment::{Environment, Stage, Watch},
    outcome::{Failure, InvokeError},
    output::Output,
    pool::Pool,
    process::Process,
    report, runtime_api, variables,
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
    let mut running = match start(&pool, &executable, generation).await {
        Ok(running) => running,
        Err(error) => {
            let message = format!("{} cannot be started: {error}", executable.display());
            return pool.start_failed(|job| job.refuse(InvokeError::Service(message)));
        }
    };
    let ready = {
        let mut ready = pin!(become_ready(&pool, &mut running));
        let soon = timeout(START_SLOT, &mut ready).await;
        drop(permit);
        match soon {
            Ok(ready) => ready,
            Err(_) => ready.await,
        }
    };
    let end = match ready {
        Ok(()) => watch(&pool, &mut running).await,
        Err(end) => end,
    };
    finish(&pool, running, end).await;
}

async fn start(pool: &Arc<Pool>, executable: &Path, generation: u64) -> io::Result<Running> {
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
    );
    let (process, output) = start_process(&executable, &folder, &variables).await?;
    let output = Output::new(output, Arc::clone(&pool.id), pool.shared.logs.clone())?;
    let environment = Arc::new(Environment::new(
        generation,
        function.timeout,
        function.memory_mb,
        process.id(),
        output,
    ));
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

async fn become_ready(pool: &Pool, running: &mut Running) -> Result<(), End> {
    let limit = pool.shared.options.init_timeout;
    let failure = tokio::select! {
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
            Watch::Idle if pool.retire(&environment) => return End::Retired,
            // It has just been given an event, or is about to be handed back.
            Watch::Idle => Instant::now() + pool.function.timeout,
        };
        tokio::select! {
            ended = running.process.ended() => return End::Failed(exited(ended)),
            () = environment.retired.notified() => return End::Retired,
            () = pool.shared.stop.cancelled() => return End::Retired,
            () = sleep_until(until) => {}
        }
    }
}

async fn finish(pool: &Arc<Pool>, mut running: Running, end: End) {
    let environment = &running.environment;
    let stage = environment.end();
    if let Err(error) = running.process.kill().await {
        tracing::warn!("a process of {} did not end: {error}", pool.id);
    }
    environment.output.finish();
    match (stage, end) {
        (Stage::Starting, End::Failed(failure)) => {
            environment
                .output
                .platform(|| report::init(environment.age(), &failure));
            pool.start_failed(|job| {
                job.complete(failure.payload(job.request_id), true);
                job.close(String::new());
            });
        }
        (stage, End::Failed(failure)) => {
            environment.abandon(&failure);
            pool.ended(environment, stage);
        }
        (stage, End::Retired) => {
            environment.refuse();
            pool.ended(environment, stage);
        }
    }
}

fn exited(ended: io::Result<std::process::ExitStatus>) -> Failure {
    Failure::Exited(ended.unwrap_or_default())
}

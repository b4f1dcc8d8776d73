//! A stack, its users and its faults, from the first request to the last look into the database.

mod finish;
mod inject;
mod limits;
mod machine;
mod steward;
mod template;
mod work;
mod world;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use local::{progress::Progress, services::Install};
use tokio_util::sync::CancellationToken;

use crate::{
    check::{Violation, check},
    history::{Event, What},
    plan::{Kind, Planned, faults},
};
use finish::{Convergence, calm, converge, last_look};
use inject::Injector;
use work::Work;
use world::World;

pub use machine::machine;

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Of all that is random.
    pub seed: u64,
    /// How long faults happen.
    pub during: Duration,
    /// How many users.
    pub users: usize,
    /// How many devices each has.
    pub devices: usize,
    /// How many sessions.
    pub sessions: usize,
    /// How long a device rests between two wishes, on average.
    pub pause: Duration,
    /// Which kinds of faults.
    pub kinds: Vec<Kind>,
    /// Only these faults of the plan, by number; all if there are none.
    pub only: Vec<usize>,
    /// `WS_PING_PERIOD`, which is what devices keep to.
    pub ping: Duration,
    /// Where the history goes, as JSON lines.
    pub history: Option<PathBuf>,
    /// The folder of `template.yaml`.
    pub root: PathBuf,
    /// The folder that the stack writes into.
    pub state_dir: PathBuf,
    /// How missing servers are installed.
    pub install: Install,
    /// The functions' executables, when they are built already.
    pub executables: Option<BTreeMap<String, PathBuf>>,
    /// Statements for the database before anybody uses it: a defect, planted to see whether it is found.
    pub sabotage: Vec<String>,
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Who is told how it goes.
    pub progress: Progress,
}

impl Options {
    /// A minute of everything, on the workspace in a folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            seed: 1,
            during: Duration::from_secs(60),
            users: 6,
            devices: 2,
            sessions: 4,
            pause: Duration::from_millis(900),
            kinds: Kind::all(),
            only: Vec::new(),
            ping: Duration::from_secs(6),
            history: None,
            state_dir: root.join(".local"),
            root,
            install: Install::Auto,
            executables: None,
            sabotage: Vec::new(),
            parameters: BTreeMap::new(),
            progress: Progress::silent(),
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Everything that happened.
    pub events: Vec<Event>,
    /// What was to go wrong.
    pub planned: Vec<Planned>,
    /// Every broken promise.
    pub violations: Vec<Violation>,
    /// How long faults happened; less than asked for when it was interrupted.
    pub during: Duration,
    /// How long after the last fault everybody had everything; none if not in time.
    pub converged_after: Option<Duration>,
    /// How long they had.
    pub deadline: Duration,
}

/// Runs it all. `stop` ends the faults early; what follows them comes all the same.
pub async fn run(options: &Options, stop: &CancellationToken) -> Result<Outcome> {
    let planned = plan(options);
    let template = template::load(options)?;
    template::has_all(&template, &planned)?;
    let world = World::build(options, &template).await?;
    let work = Work::start(&world, options);
    let began = Instant::now();
    options.progress.step(&format!(
        "{} faults within {:?}, seed {}",
        planned.len(),
        options.during,
        options.seed
    ));
    Injector::new(&world)
        .run(&planned, options.during, stop, &options.progress)
        .await;
    let during = began.elapsed();
    work.stop().await;
    world.heal().await?;
    world.recorder.note(What::Healed);
    options
        .progress
        .step("Healed; everybody has to have everything now");
    let Convergence { after, deadline } = converge(&world).await?;
    calm(&world).await?;
    last_look(&world).await?;
    let events = world.recorder.finish()?;
    options
        .progress
        .step(&format!("Checking {} events", events.len()));
    let violations = check(&events);
    world.stop().await?;
    Ok(Outcome {
        events,
        planned,
        violations,
        during,
        converged_after: after,
        deadline,
    })
}

fn plan(options: &Options) -> Vec<Planned> {
    let mut planned = faults(options.seed, options.during, &options.kinds);
    planned.retain(|planned| options.only.is_empty() || options.only.contains(&planned.number));
    planned
}

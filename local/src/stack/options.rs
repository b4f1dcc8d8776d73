//! What a stack is told when it starts.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    gateway::{Limits, Unconfirmed},
    lambda::LambdaOptions,
    progress::Progress,
    services::{Install, Lifetime, RedisKind},
};

/// What a stack is told when it starts.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The SAM template.
    pub template: PathBuf,
    /// On 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Folder of everything that the stack writes.
    pub state_dir: PathBuf,
    /// Whether its data are wanted again.
    pub lifetime: Lifetime,
    /// How missing servers are installed.
    pub install: Install,
    /// A folder whose files are served where no route is.
    pub static_dir: Option<PathBuf>,
    /// `infra/migrations` beside the template when that exists, unless set.
    pub migrations: Option<PathBuf>,
    /// A PostgreSQL that runs elsewhere; none is started then.
    pub database_url: Option<String>,
    /// A Redis that runs elsewhere; none is started then.
    pub redis_url: Option<String>,
    /// Of how many nodes the Redis is that is started.
    pub redis: RedisKind,
    /// Whether a pooler in transaction mode, PgBouncer, stands before the PostgreSQL that is started.
    pub pooler: bool,
    /// Whether a proxy stands before each server that is started, so that the dials can cut and slow it. Each round trip then takes
    /// two steps more, which whoever measures does not want.
    pub proxies: bool,
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Values for environment variables that the template declares; another name is an error.
    pub environment: BTreeMap<String, String>,
    /// The environment of the shell: a variable that the template declares takes its value from here, as SAM does it; every
    /// other one is left alone.
    pub shell: BTreeMap<String, String>,
    /// Whether the schedules run by themselves.
    pub schedules: bool,
    /// Whether the functions are built with optimisation.
    pub release: bool,
    /// The executable of every function, by logical id, when they are built already.
    pub executables: Option<BTreeMap<String, PathBuf>>,
    /// Whether requests and concurrency are counted as in an account of AWS's: too many are refused.
    pub strict: bool,
    /// What the gateway does where AWS is unconfirmed.
    pub unconfirmed: Unconfirmed,
    /// Whether a function whose code changes is rebuilt and takes over.
    pub watch: bool,
    /// Quotas and timers of the gateway.
    pub limits: Limits,
    /// How many processes the functions may have, and for how long. The folder and the executables are the stack's to say.
    pub lambda: LambdaOptions,
    /// Who is told what takes time.
    pub progress: Progress,
}

impl StackOptions {
    /// A stack with kept data on a free port; nothing of the shell reaches it, and it does not follow its code.
    pub fn new(template: impl Into<PathBuf>, state_dir: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            port: 0,
            state_dir: state_dir.into(),
            lifetime: Lifetime::Kept,
            install: Install::Auto,
            static_dir: None,
            migrations: None,
            database_url: None,
            redis_url: None,
            redis: RedisKind::Single,
            pooler: false,
            proxies: true,
            parameters: BTreeMap::new(),
            environment: BTreeMap::new(),
            shell: BTreeMap::new(),
            schedules: true,
            release: false,
            executables: None,
            strict: false,
            unconfirmed: Unconfirmed::default(),
            watch: false,
            limits: Limits::default(),
            lambda: LambdaOptions::default(),
            progress: Progress::silent(),
        }
    }
}

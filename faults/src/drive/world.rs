//! A stack, with users, sessions and devices.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context, Result, anyhow};
use local::{
    dials::{Dials, Span},
    services::Lifetime,
    stack::{Stack, StackOptions},
    template::Template,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::json;
use tokio_postgres::NoTls;
use tokio_util::task::TaskTracker;

use super::{Options, limits::lifted};
use crate::{
    client::{Account, Device, Names, Patience, Rest},
    history::{self, Recorder, Session, User, What},
};

/// Other machines' stacks lose what was committed just before a crash, for speed. This one is about that.
const DURABLE: &str = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$";

/// A stack, with users, sessions and devices.
pub(super) struct World {
    pub(super) stack: Stack,
    pub(super) recorder: Arc<Recorder>,
    pub(super) names: Arc<Names>,
    pub(super) accounts: Vec<Account>,
    pub(super) devices: Arc<Vec<Device>>,
    pub(super) patience: Patience,
    /// Who opened which session.
    pub(super) owners: Vec<User>,
    pub(super) tasks: TaskTracker,
}

impl World {
    pub(super) async fn build(options: &Options, template: &Template) -> Result<Self> {
        let stack = Stack::start(stack_options(options, template)).await?;
        prepare(&stack, &options.sabotage).await?;
        let (recorder, names) = (
            Arc::new(Recorder::new(options.history.as_deref())?),
            Arc::new(Names::default()),
        );
        let rest = Rest::new(stack.url());
        let mut accounts = Vec::new();
        for number in 0..options.users {
            accounts.push(Account::sign_up(&rest, &names, number).await?);
        }
        let mut world = Self {
            stack,
            recorder,
            names,
            accounts,
            devices: Arc::new(Vec::new()),
            patience: patience(options.ping),
            owners: Vec::new(),
            tasks: TaskTracker::new(),
        };
        let mut random = StdRng::seed_from_u64(options.seed);
        let mut members = Vec::new();
        for _ in 0..options.sessions {
            members.push(world.open_session(&mut random).await?);
        }
        world.start_devices(options, &members);
        Ok(world)
    }

    async fn open_session(&mut self, random: &mut StdRng) -> Result<BTreeSet<User>> {
        let owner = &self.accounts[self.owners.len() % self.accounts.len()];
        let title = json!({"title": "Faults"});
        let opened = owner
            .ask(Method::POST, "/api/chat/sessions", &[], Some(&title))
            .await;
        let opened = opened.map_err(|error| anyhow!("opening a session: {error:?}"))?;
        let session = self
            .names
            .add_session(opened["session_id"].as_str().context("no session_id")?);
        let mut members = BTreeSet::from([owner.user]);
        for account in &self.accounts {
            // Two of three; the rest are strangers, who try all the same.
            if account.user != owner.user && random.random_range(0..3) > 0 {
                self.add(owner, session, account.user).await?;
                members.insert(account.user);
            }
        }
        for user in &members {
            self.recorder.note(What::Member {
                session,
                user: *user,
            });
        }
        self.owners.push(owner.user);
        Ok(members)
    }

    async fn add(&self, owner: &Account, session: Session, user: User) -> Result<()> {
        let path = format!(
            "/api/chat/sessions/{}/members",
            self.names.session_id(session)
        );
        let body = json!({"user_id": self.names.user_id(user), "role": "member"});
        let added = owner.ask(Method::POST, &path, &[], Some(&body)).await;
        added
            .map(drop)
            .map_err(|error| anyhow!("adding a member: {error:?}"))
    }

    fn start_devices(&mut self, options: &Options, members: &[BTreeSet<User>]) {
        let mut devices = Vec::new();
        for account in &self.accounts {
            let sessions = members
                .iter()
                .enumerate()
                .filter(|(_, members)| members.contains(&account.user));
            let sessions: BTreeSet<_> = sessions.map(|(number, _)| Session(number)).collect();
            for number in 0..options.devices {
                let name = history::Device {
                    user: account.user,
                    number,
                };
                devices.push(Device::start(
                    name,
                    account.clone(),
                    self.names.clone(),
                    self.recorder.clone(),
                    self.patience,
                    &sessions,
                    self.tasks.clone(),
                ));
            }
        }
        self.devices = Arc::new(devices);
    }

    pub(super) fn dials(&self) -> &Dials {
        self.stack.dials()
    }

    /// Takes every fault back.
    pub(super) async fn heal(&self) -> Result<()> {
        self.dials().reset();
        if let Some(postgres) = self.stack.postgres() {
            postgres.start_again().await?;
        }
        if let Some(redis) = self.stack.redis() {
            redis.start_again().await?;
        }
        Ok(())
    }

    /// A connection to the database itself, past the dials.
    pub(super) async fn database(&self) -> Result<tokio_postgres::Client> {
        connect(&self.stack).await
    }

    pub(super) async fn stop(self) -> Result<()> {
        drop(self.devices);
        self.stack.stop().await
    }
}

fn stack_options(options: &Options, template: &Template) -> StackOptions {
    let mut stack = StackOptions::new(options.root.join("template.yaml"), &options.state_dir);
    stack.lifetime = Lifetime::Throwaway;
    stack.install = options.install;
    stack.executables.clone_from(&options.executables);
    stack.parameters.clone_from(&options.parameters);
    stack.progress = options.progress.clone();
    let ping = options.ping;
    let periods = [
        ("WS_PING_PERIOD", Span(ping).to_string()),
        ("WS_PONG_WAIT", Span(ping * 2).to_string()),
    ];
    stack.environment = lifted(template);
    let periods = periods.map(|(name, value)| (name.to_owned(), value));
    stack.environment.extend(periods);
    stack
}

/// In proportion to the ping period.
fn patience(ping: Duration) -> Patience {
    Patience {
        ping,
        answer: Duration::from_secs(3),
        hole: Duration::from_millis(400),
        reconnect: (ping / 4).min(Duration::from_secs(30)),
    }
}

async fn prepare(stack: &Stack, sabotage: &[String]) -> Result<()> {
    let database = connect(stack).await?;
    database
        .batch_execute(DURABLE)
        .await
        .context("making the database durable")?;
    for statement in sabotage {
        database
            .batch_execute(statement)
            .await
            .context("planting the defect")?;
    }
    Ok(())
}

async fn connect(stack: &Stack) -> Result<tokio_postgres::Client> {
    let url = stack
        .database_url()
        .context("the template declares no DATABASE_URL")?;
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .context("connecting to PostgreSQL")?;
    // It ends with the client, which is told of its errors.
    tokio::spawn(connection);
    Ok(client)
}

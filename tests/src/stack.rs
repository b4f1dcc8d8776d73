//! A whole stack for one test.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use local::{
    build::build,
    gateway::Limits,
    lambda::LambdaOptions,
    services::{Install, Lifetime, Postgres, Redis, RedisKind, ServiceError},
    stack::{Stack, StackOptions},
    template::{Site, Template},
};
use redis::aio::MultiplexedConnection;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::{keys, keys::Keys, rest::Rest, user::User, watch::Watch};

/// Limits that a test which is not about limits does not meet: one address makes all the requests of a test.
const GENEROUS: [(&str, &str); 11] = [
    ("RATE_LIMIT_AUTH", "100000"),
    ("RATE_LIMIT_WS_CONN", "100000"),
    ("RATE_LIMIT_MESSAGES", "100000"),
    ("RATE_LIMIT_GUESTS", "100000"),
    ("RATE_LIMIT_REFRESH", "100000"),
    ("RATE_LIMIT_TICKETS", "100000"),
    ("RATE_LIMIT_INVITES", "100000"),
    ("RATE_LIMIT_TYPING", "100000"),
    ("RATE_LIMIT_READS", "100000"),
    ("RATE_LIMIT_SYNCS", "100000"),
    ("RATE_LIMIT_REQUESTS", "100000"),
];

/// `cluster` runs every stack on a Redis Cluster of three masters.
const REDIS: &str = "GATEPOST_TEST_REDIS";

/// `pgbouncer` puts a pooler in transaction mode before the PostgreSQL of every stack.
const POSTGRES: &str = "GATEPOST_TEST_POSTGRES";

/// A running stack that belongs to one test. It ends when it is dropped, also by a test that panics. A test that has passed fails here
/// if something secret stands in a log.
#[derive(Debug)]
pub struct TestStack {
    /// There until the end.
    stack: Option<Stack>,
    watch: Option<Watch>,
}

/// How a stack differs from the one that `template.yaml` declares.
#[derive(Debug)]
pub struct TestStackBuilder {
    options: StackOptions,
}

impl TestStack {
    /// The stack of `template.yaml`, with generous rate limits.
    pub async fn start() -> Self {
        Self::with().start().await
    }

    /// The same, with differences.
    pub fn with() -> TestStackBuilder {
        let root = workspace();
        let mut options = StackOptions::new(root.join("template.yaml"), root.join(".local"));
        options.lifetime = Lifetime::Throwaway;
        // A test run installs nothing into the system.
        options.install = Install::Private;
        if set_to(REDIS, "cluster") {
            options.redis = RedisKind::Cluster;
        }
        options.pooler = set_to(POSTGRES, "pgbouncer");
        let builder = TestStackBuilder { options };
        GENEROUS
            .into_iter()
            .fold(builder, |builder, (name, value)| {
                builder.variable(name, value)
            })
    }

    /// The stack itself: its address, its functions, its schedules, its logs.
    pub fn stack(&self) -> &Stack {
        self.stack.as_ref().expect("the stack runs until its end")
    }

    /// The REST API, as somebody who has not signed in.
    pub fn rest(&self) -> Rest {
        Rest::new(self.stack().url())
    }

    /// Where sockets open.
    pub fn socket_url(&self) -> String {
        self.stack()
            .socket_url()
            .expect("the template declares a WebSocket API")
    }

    /// A new guest.
    pub async fn guest(&self) -> User {
        User::new(self.rest(), &self.rest().guest().await.ok())
    }

    /// A new user with an account.
    pub async fn sign_up(&self, email: &str, password: &str) -> User {
        User::new(
            self.rest(),
            &self.rest().sign_up(email, password).await.ok(),
        )
    }

    /// Runs a schedule now: its logical id is the function's, then the event's. It does not wait for the function.
    pub fn run_schedule(&self, name: &str) -> Uuid {
        self.stack()
            .schedules()
            .run_now(name)
            .expect("the template declares the schedule")
    }

    /// The environment variables that a function is started with, by name, some of them changed.
    pub fn variables(
        &self,
        function: &str,
        changes: &[(&str, &str)],
    ) -> impl Fn(&str) -> Option<String> {
        let mut variables = self.stack().template().functions[function]
            .environment
            .clone();
        for (name, value) in changes {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        move |name| variables.get(name).cloned()
    }

    /// A connection to the functions' database.
    pub async fn database(&self) -> tokio_postgres::Client {
        let url = self
            .stack()
            .database_url()
            .expect("the functions declare DATABASE_URL");
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .expect("PostgreSQL runs");
        // It ends with the client, which is told of its errors.
        tokio::spawn(connection);
        client
    }

    /// A connection to the functions' Redis.
    pub async fn keys(&self) -> Keys {
        Keys::connect(self.redis()).await
    }

    /// A connection to one node of it.
    pub async fn node(&self, number: usize) -> MultiplexedConnection {
        keys::node(&self.redis().nodes()[number].url()).await
    }

    /// Whether a pooler stands before the functions' PostgreSQL.
    pub fn has_pooler(&self) -> bool {
        self.stack().has_pooler()
    }

    /// Whether that is a cluster.
    pub fn has_cluster(&self) -> bool {
        self.redis().nodes().len() > 1
    }

    /// Takes PostgreSQL away: who is connected is cut off, who connects is refused.
    pub async fn stop_postgres(&self) {
        self.postgres().stop().await.expect("PostgreSQL stops");
    }

    /// Gives it back, with its data, on the same port.
    pub async fn start_postgres(&self) {
        self.postgres()
            .start_again()
            .await
            .expect("PostgreSQL starts again");
    }

    /// Takes Redis away, and all of its keys.
    pub async fn stop_redis(&self) {
        self.redis().stop().await.expect("Redis stops");
    }

    /// Gives it back, empty, on the same port.
    pub async fn start_redis(&self) {
        self.redis()
            .start_again()
            .await
            .expect("Redis starts again");
    }

    /// Ends it and waits; without this it ends when it is dropped. Gives every line that the functions have logged.
    pub async fn stop(mut self) -> Vec<String> {
        let stack = self.stack.take().expect("the stack runs until its end");
        stack.stop().await.expect("the stack stops in good order");
        self.judge_logs()
    }

    /// Panics if something secret has been logged.
    fn judge_logs(&mut self) -> Vec<String> {
        let (lines, leaks) = self.watch.take().map(Watch::end).unwrap_or_default();
        assert!(
            leaks.is_empty() || std::thread::panicking(),
            "what nobody may read stands in the logs:\n{}",
            leaks
                .iter()
                .take(5)
                .map(|leak| format!("{leak:.400}\n"))
                .collect::<String>()
        );
        lines
    }

    fn postgres(&self) -> &Postgres {
        self.stack()
            .postgres()
            .expect("the stack runs its own PostgreSQL")
    }

    /// The functions' Redis itself: to stop one of its nodes, say.
    pub fn redis(&self) -> &Redis {
        self.stack().redis().expect("the stack runs its own Redis")
    }
}

impl Drop for TestStack {
    fn drop(&mut self) {
        self.judge_logs();
    }
}

impl TestStackBuilder {
    /// Another value for an environment variable that the template declares.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.options
            .environment
            .insert(name.to_owned(), value.to_owned());
        self
    }

    /// Works on the database of another stack, whose users and sessions are then its own.
    #[must_use]
    pub fn on_database_of(mut self, other: &TestStack) -> Self {
        self.options.database_url = other.stack().database_url().map(str::to_owned);
        self
    }

    /// Another value for a parameter of the template.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.options
            .parameters
            .insert(name.to_owned(), value.to_owned());
        self
    }

    /// No schedule runs by itself; [`TestStack::run_schedule`] still runs each.
    #[must_use]
    pub fn no_schedules(mut self) -> Self {
        self.options.schedules = false;
        self
    }

    /// On a Redis Cluster of three masters.
    #[must_use]
    pub fn redis_cluster(mut self) -> Self {
        self.options.redis = RedisKind::Cluster;
        self
    }

    /// With a pooler in transaction mode before PostgreSQL.
    #[must_use]
    pub fn pooler(mut self) -> Self {
        self.options.pooler = true;
        self
    }

    /// On an empty PostgreSQL that runs elsewhere.
    #[must_use]
    pub fn database_url(mut self, url: &str) -> Self {
        self.options.database_url = Some(url.to_owned());
        self
    }

    /// On a Redis that runs elsewhere.
    #[must_use]
    pub fn redis_url(mut self, url: &str) -> Self {
        self.options.redis_url = Some(url.to_owned());
        self
    }

    /// Other quotas and timers of the gateway.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.options.limits);
        self
    }

    /// Other ways to run the functions, such as frozen between their events.
    #[must_use]
    pub fn lambda(mut self, change: impl FnOnce(&mut LambdaOptions)) -> Self {
        change(&mut self.options.lambda);
        self
    }

    /// Each function has one process. Beside a busy one another may start at any time, and what it says as it connects would be counted.
    #[must_use]
    pub fn one_process_each(self) -> Self {
        self.lambda(|options| options.max_environments = 1)
    }

    /// Serves the page.
    #[must_use]
    pub fn page(mut self) -> Self {
        self.options.static_dir = Some(workspace().join("local/web"));
        self
    }

    /// How long a socket may be silent, and how long it may live, before the gateway closes it.
    #[must_use]
    pub fn socket_ends(self, idle: Duration, lifetime: Duration) -> Self {
        self.limits(|limits| (limits.idle, limits.lifetime) = (idle, lifetime))
    }

    /// Starts it.
    pub async fn start(self) -> TestStack {
        match self.try_start().await {
            Ok(stack) => stack,
            Err(error) => panic!("the stack does not start: {error:#}"),
        }
    }

    /// The same, where something that it needs may not be installable: `None` then, and a line that says so. On a build machine, which
    /// sets `CI`, that is no excuse.
    pub async fn start_if_installed(self) -> Option<TestStack> {
        match self.try_start().await {
            Ok(stack) => Some(stack),
            Err(error) => {
                let missing = matches!(
                    error.downcast_ref(),
                    Some(ServiceError::NotInstalled { .. })
                );
                assert!(
                    missing && env::var_os("CI").is_none(),
                    "the stack does not start: {error:#}"
                );
                eprintln!("left out: {error:#}");
                None
            }
        }
    }

    async fn try_start(mut self) -> anyhow::Result<TestStack> {
        self.options.executables = Some(functions().await.clone());
        let stack = Stack::start(self.options).await?;
        let watch = Some(Watch::start(stack.address(), stack.logs()));
        Ok(TestStack {
            stack: Some(stack),
            watch,
        })
    }
}

/// The executables of all functions, built once by the tests of a process.
async fn functions() -> &'static BTreeMap<String, PathBuf> {
    static BUILT: OnceCell<BTreeMap<String, PathBuf>> = OnceCell::const_new();
    let build = async || {
        let root = workspace();
        let site = Site {
            address: String::new(),
            state: root.join(".local"),
            stack_name: String::new(),
        };
        let mut executables = BTreeMap::new();
        // One function is another where it is managed, of the same binary.
        for instances in ["on-demand", "managed"] {
            let parameters = BTreeMap::from([("Instances".to_owned(), instances.to_owned())]);
            let template = Template::load(&root.join("template.yaml"), &parameters, &site);
            let template = template.expect("template.yaml is valid");
            let built = build(&template, &root, false).await;
            executables.extend(built.expect("the functions compile"));
        }
        executables
    };
    BUILT.get_or_init(build).await
}

/// Whether an environment variable has that value; another one than that or nothing is a mistake worth stopping for.
fn set_to(variable: &str, value: &str) -> bool {
    match env::var(variable).as_deref() {
        Ok(found) if found == value => true,
        Ok("") | Err(_) => false,
        Ok(found) => panic!("{variable} is {found}, and can only be {value}"),
    }
}

/// The folder of the workspace, where `template.yaml` is.
fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the crate is a folder of the workspace")
        .to_owned()
}

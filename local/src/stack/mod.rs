//! The whole stack, with one start and one stop.

mod environment;
mod options;
mod stores;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    net::Ipv4Addr,
    path::{self, Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;

pub use self::options::StackOptions;
use self::{
    environment::{override_all, override_declared},
    stores::Stores,
};
use crate::{
    build::build,
    clock::Clock,
    dials::{self, Dials},
    gateway::{Gateway, GatewayOptions},
    lambda::{self, Lambda, LambdaOptions},
    logs::Logs,
    schedule::Schedules,
    server::Server,
    services::{Place, Postgres, Redis},
    template::{ACCOUNT_ID, REGION, Schedule, Site, Template},
    watch::{Changes, Reload, Sources, Watch},
};

/// What `AWS::StackName` is here.
const STACK_NAME: &str = "local";

/// A running stack. [`stop`](Self::stop) ends it in good order; dropping it ends what is left.
#[derive(Debug)]
pub struct Stack {
    address: String,
    template: Template,
    logs: Logs,
    dials: Dials,
    // From here in the order in which a drop ends them: who uses something goes before it.
    watch: Option<Watch>,
    server: Server,
    schedules: Schedules,
    gateway: Gateway,
    lambda: Lambda,
    stores: Stores,
}

impl Stack {
    /// Starts everything that the template declares. What is missing on the machine is installed, and the functions are
    /// built.
    pub async fn start(options: StackOptions) -> Result<Self> {
        let listener = listen(options.port).await?;
        let address = listener
            .local_addr()
            .context("reading the address of the port")?
            .to_string();
        let place = Place::open(
            &options.state_dir,
            options.lifetime,
            options.install,
            options.progress.clone(),
        )
        .await?;
        let mut template = load(&options, &address)?;
        let dials = options.lambda.dials.clone();
        let stores = Stores::start(&options, &mut template, place, &dials).await?;
        // Before the functions are built, so that no change slips through meanwhile.
        let changes = watch(&options, &template)?;
        let executables = executables(&options, &template).await?;
        let logs = Logs::new();
        let lambda_options = LambdaOptions {
            code_root: folder(&options).to_owned(),
            executables: executables.clone(),
            refuses_when_busy: options.strict || options.lambda.refuses_when_busy,
            ..options.lambda.clone()
        };
        let functions = Lambda::start(template.functions.clone(), lambda_options, logs.clone());
        let schedules = Schedules::start(
            schedules(&template, &options),
            functions.clone(),
            dials.clock().clone(),
        )?;
        let watch = changes.map(|changes| {
            let made_of = (template.clone(), changes.sources().clone());
            let (lambda, progress) = (functions.clone(), options.progress.clone());
            let reload = Reload::new(made_of, &executables, options.release, lambda, progress);
            Watch::start(changes, reload)
        });
        let gateway = Gateway::new(
            &template,
            functions.clone(),
            gateway_options(options, &address),
        );
        let book = schedules.book().clone();
        let router = gateway
            .routes()
            .merge(lambda::routes(functions.clone()))
            .merge(dials::routes(dials.clone(), functions.clone(), book));
        let server = Server::start(listener, router);
        Ok(Self {
            address,
            template,
            logs,
            dials,
            watch,
            server,
            schedules,
            gateway,
            lambda: functions,
            stores,
        })
    }

    /// Such as `http://127.0.0.1:3000`: REST APIs, the static files, and the Invoke API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port of everything, such as `127.0.0.1:3000`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Address of the first WebSocket API, such as `ws://127.0.0.1:3000/prod`.
    pub fn socket_url(&self) -> Option<String> {
        let api = self.template.websocket_apis.first()?;
        Some(format!("ws://{}/{}", self.address, api.stage))
    }

    /// What runs, with the environment that the functions have.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Time and faults, for tests: what `/_local` offers over HTTP.
    pub fn dials(&self) -> &Dials {
        &self.dials
    }

    /// The clock that the gateway's timers, the schedules and the retries go by; a test may move it on.
    pub fn clock(&self) -> &Clock {
        self.dials.clock()
    }

    /// Of the functions' PostgreSQL itself: the functions reach one that the stack has started through a proxy.
    pub fn database_url(&self) -> Option<&str> {
        self.stores.database_url.as_deref()
    }

    /// Of the functions' Redis itself: the functions reach one that the stack has started through a proxy.
    pub fn redis_url(&self) -> Option<&str> {
        self.stores.redis_url.as_deref()
    }

    /// What the functions write.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// Runs the functions.
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// Runs the schedules.
    pub fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    /// The PostgreSQL that the stack has started, if it had to.
    pub fn postgres(&self) -> Option<&Postgres> {
        self.stores.postgres.as_ref()
    }

    /// Whether a pooler stands before the PostgreSQL that the stack has started.
    pub fn has_pooler(&self) -> bool {
        self.stores.pooler.is_some()
    }

    /// The Redis that the stack has started, if it had to.
    pub fn redis(&self) -> Option<&Redis> {
        self.stores.redis.as_ref()
    }

    /// Ends everything in good order: no schedule fires any more, the sockets are closed and their `$disconnect` runs, the
    /// functions end, and then the databases.
    pub async fn stop(self) -> Result<()> {
        drop(self.watch);
        self.schedules.stop().await;
        self.gateway.close().await;
        self.lambda.stop().await;
        drop(self.server);
        self.stores.stop().await
    }
}

async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                anyhow!("port {port} is in use: stop what uses it, or choose another with --port")
            }
            _ => anyhow!(error).context(format!("listening on 127.0.0.1:{port}")),
        })
}

fn load(options: &StackOptions, address: &str) -> Result<Template> {
    let site = Site {
        address: address.to_owned(),
        state: options.state_dir.clone(),
        stack_name: STACK_NAME.to_owned(),
    };
    let mut template = Template::load(&options.template, &options.parameters, &site)?;
    override_declared(&mut template, &options.shell);
    override_all(&mut template, &options.environment)?;
    Ok(template)
}

async fn executables(
    options: &StackOptions,
    template: &Template,
) -> Result<BTreeMap<String, PathBuf>> {
    if let Some(built) = &options.executables {
        return Ok(built.clone());
    }
    let began = Instant::now();
    let built = build(template, folder(options), options.release).await?;
    options.progress.step(&format!(
        "{} functions built in {:.1?}",
        built.len(),
        began.elapsed()
    ));
    Ok(built)
}

/// A stack that cannot watch its code runs all the same.
fn watch(options: &StackOptions, template: &Template) -> Result<Option<Changes>> {
    if !options.watch {
        return Ok(None);
    }
    let absolute = |path: PathBuf| path::absolute(path).context("finding the current folder");
    let migrations = stores::migrations(options).map(absolute).transpose()?;
    let sources = Sources::of(template, absolute(options.template.clone())?, migrations);
    let changes = Changes::watch(sources);
    if let Err(error) = &changes {
        let step = format!("Changes of the code will not be seen: {error}");
        options.progress.step(&step);
    }
    Ok(changes.ok())
}

/// The template's.
fn folder(options: &StackOptions) -> &Path {
    match options.template.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn gateway_options(options: StackOptions, address: &str) -> GatewayOptions {
    let mut limits = options.limits;
    if options.strict {
        limits.throttles.get_or_insert_default();
    }
    GatewayOptions {
        limits,
        unconfirmed: options.unconfirmed,
        region: REGION.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
        dials: options.lambda.dials,
        static_dir: options.static_dir,
        ..GatewayOptions::new(address)
    }
}

/// Without schedules none runs by itself, but each can be run.
fn schedules(template: &Template, options: &StackOptions) -> Vec<Schedule> {
    let mut schedules = template.schedules.clone();
    for schedule in &mut schedules {
        schedule.enabled &= options.schedules;
    }
    schedules
}

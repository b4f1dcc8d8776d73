//! What a SAM template declares, with its intrinsic functions resolved for one machine.
//!
//! A feature that the stack does not support is an error that names the line: nothing is ignored silently.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Everything of a template that the stack runs.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// By logical id.
    pub functions: BTreeMap<String, Function>,
    /// In the order of the template.
    pub websocket_apis: Vec<WebSocketApi>,
    /// In the order of the template.
    pub http_apis: Vec<HttpApi>,
    /// In the order of the template.
    pub schedules: Vec<Schedule>,
}

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Logical id; also the name that the Invoke API knows it by.
    pub name: String,
    /// Folder of its code, relative to the template unless absolute.
    pub code_uri: PathBuf,
    /// `Metadata.BuildProperties.Binary` when `Metadata.BuildMethod` is `rust-cargolambda`: a binary of the Cargo workspace
    /// in `code_uri`. Otherwise the function is `code_uri/bootstrap`.
    pub binary: Option<String>,
    /// From the start of an invocation to the kill. 3 s unless declared.
    pub timeout: Duration,
    /// 128 unless declared.
    pub memory_mb: u32,
    /// `ReservedConcurrentExecutions`.
    pub reserved_concurrency: Option<usize>,
    /// Resolved; `Globals` merged in.
    pub environment: BTreeMap<String, String>,
}

/// A WebSocket API with its one stage.
#[derive(Debug, Clone)]
pub struct WebSocketApi {
    /// Logical id of the API.
    pub name: String,
    /// Ten lowercase letters and digits, derived from `name`, so the same at every start.
    pub api_id: String,
    /// First segment of the socket's path.
    pub stage: String,
    /// Top-level `stageVariables` of every event, when not empty.
    pub stage_variables: BTreeMap<String, String>,
    /// Such as `$request.body.type`.
    pub route_selection: String,
    /// By route key.
    pub routes: BTreeMap<String, SocketRoute>,
    /// On `$connect`.
    pub authorizer: Option<SocketAuthorizer>,
}

/// A route of a WebSocket API.
#[derive(Debug, Clone)]
pub struct SocketRoute {
    /// Logical id of its function; a route without one accepts and does nothing.
    pub function: Option<String>,
    /// 29 s unless declared.
    pub integration_timeout: Duration,
    /// Whether it has a route response, so that the function's `body` goes to the sender.
    pub two_way: bool,
}

/// A Lambda REQUEST authorizer of a WebSocket API.
#[derive(Debug, Clone)]
pub struct SocketAuthorizer {
    /// Logical id of its function.
    pub function: String,
    /// Such as `route.request.querystring.ticket`; one that is missing answers 401 without a call.
    pub identity_sources: Vec<String>,
}

/// An HTTP API with its one stage.
#[derive(Debug, Clone)]
pub struct HttpApi {
    /// Logical id of the API.
    pub name: String,
    /// Ten lowercase letters and digits, derived from `name`.
    pub api_id: String,
    /// `$default` unless declared.
    pub stage: String,
    /// Top-level `stageVariables` of every event, when not empty.
    pub stage_variables: BTreeMap<String, String>,
    /// What the gateway answers to browsers by itself.
    pub cors: Option<Cors>,
    /// In the order of the template.
    pub routes: Vec<HttpRoute>,
}

/// A route of an HTTP API.
#[derive(Debug, Clone)]
pub struct HttpRoute {
    /// `GET /pets/{id}`, `ANY /pets`, or `$default`.
    pub key: String,
    /// Logical id of its function.
    pub function: String,
    /// 30 s unless declared.
    pub integration_timeout: Duration,
}

/// `CorsConfiguration` of an HTTP API.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// `*`, `https://*`, `http://*` or exact.
    pub allow_origins: Vec<String>,
    /// Methods, or `*`.
    pub allow_methods: Vec<String>,
    /// Header names, or `*`.
    pub allow_headers: Vec<String>,
    /// Header names.
    pub expose_headers: Vec<String>,
    /// Whether cookies and `Authorization` may be sent.
    pub allow_credentials: bool,
    /// How long a browser may keep a preflight's answer.
    pub max_age: Option<Duration>,
}

/// A schedule of EventBridge.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Logical id of the function, then of the event: `CleanupFunctionDaily`, as SAM names it.
    pub name: String,
    /// Logical id of its function.
    pub function: String,
    /// `rate(1 day)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// IANA name; UTC unless declared.
    pub timezone: Option<String>,
    /// Sent as it stands instead of the scheduled event.
    pub input: Option<String>,
    /// Which service it is, because their events differ.
    pub kind: ScheduleKind,
    /// False for `State: DISABLED`.
    pub enabled: bool,
}

/// The two services that can run a function at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// `Type: Schedule`, an EventBridge rule.
    Rule,
    /// `Type: ScheduleV2`, EventBridge Scheduler.
    Scheduler,
}

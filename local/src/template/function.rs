//! `AWS::Serverless::Function`.

use std::{collections::BTreeMap, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{
    document::{Node, Value},
    error::{Fault, Problem},
    properties::{Known, Properties},
    scope::Scope,
};

/// A Lambda function.
#[derive(Debug, Clone)]
pub struct Function {
    /// `FunctionName`, or the logical id; the Invoke API knows the function by both.
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
    /// How many events a process has at once, where `CapacityProviderConfig` makes it a managed instance.
    pub concurrency: Option<usize>,
    /// Resolved; `Globals` merged in. With the variables by which Lambda tells a function its handler and its log format.
    pub environment: BTreeMap<String, String>,
}

#[cfg(test)]
impl Function {
    /// A function that declares nothing, with its code in the template's folder.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            code_uri: ".".into(),
            binary: None,
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            reserved_concurrency: None,
            concurrency: None,
            environment: BTreeMap::new(),
        }
    }
}

/// Lambda's own limit.
const MAX_TIMEOUT_SECONDS: u32 = 900;

/// Lambda's own limits for a process of a managed instance.
const MANAGED_CONCURRENCY: RangeInclusive<u32> = 1..=1_600;

const KNOWN: Known = Known {
    read: &[
        "CapacityProviderConfig",
        "CodeUri",
        "Environment",
        "Events",
        "FunctionName",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "PackageType",
        "ReservedConcurrentExecutions",
        "Runtime",
        "Timeout",
    ],
    without_effect: &[
        "Architectures",
        "AssumeRolePolicyDocument",
        "AutoPublishAlias",
        "AutoPublishAliasAllProperties",
        "AutoPublishCodeSha256",
        "CodeSigningConfigArn",
        "DeploymentPreference",
        "Description",
        "EphemeralStorage",
        "FunctionScalingConfig",
        "KmsKeyArn",
        "PermissionsBoundary",
        "Policies",
        "PropagateTags",
        "ProvisionedConcurrencyConfig",
        "PublishToLatestPublished",
        "RecursiveLoop",
        "Role",
        "RolePath",
        "RuntimeManagementConfig",
        "SnapStart",
        "SourceKMSKeyArn",
        "Tags",
        "Tracing",
        "VersionDeletionPolicy",
        "VersionDescription",
        "VpcConfig",
    ],
    warned: &[],
};

/// The function of a resource, and its properties for whoever reads its events.
pub(super) fn read<'a>(
    scope: &'a Scope<'a>,
    id: &str,
    resource: &Node,
) -> Result<(Function, Properties<'a>), Fault> {
    let properties = Properties::new(scope, id, resource.line, resource.get("Properties"))
        .with_globals(globals(scope, resource)?.as_ref());
    properties.check(&KNOWN)?;
    properties.only("PackageType", &["Zip"])?;
    let timeout = properties.number("Timeout")?.unwrap_or(3);
    if !(1..=MAX_TIMEOUT_SECONDS).contains(&timeout) {
        let problem = Problem::Shape {
            what: "Timeout".to_owned(),
            expected: "from 1 to 900 seconds",
        };
        return Err(problem.at(properties.line_of("Timeout")));
    }
    let function = Function {
        name: scope.function_name(id, resource.line)?,
        code_uri: code_uri(&properties)?,
        binary: binary(scope, id, resource)?,
        timeout: Duration::from_secs(timeout.into()),
        memory_mb: properties.number("MemorySize")?.unwrap_or(128),
        reserved_concurrency: properties
            .number("ReservedConcurrentExecutions")?
            .map(|number| number as usize),
        concurrency: concurrency(&properties)?,
        environment: environment(&properties)?,
    };
    Ok((function, properties))
}

/// `Globals`, without what the resource's `IgnoreGlobals` names; `*` is all of it.
fn globals(scope: &Scope<'_>, resource: &Node) -> Result<Option<Node>, Fault> {
    let globals = scope
        .section("Globals")
        .and_then(|globals| globals.get("Function"));
    let ignored = Properties::new(scope, "a function", resource.line, Some(resource))
        .texts("IgnoreGlobals")?;
    let ignored = |name: &str| {
        ignored
            .iter()
            .any(|ignored| ignored == name || ignored == "*")
    };
    Ok(globals.map(|globals| {
        let kept = globals.entries().iter().filter(|(name, _)| !ignored(name));
        Node {
            line: globals.line,
            value: Value::Map(kept.cloned().collect()),
        }
    }))
}

/// What Lambda takes where nothing is said depends on the instance, so it has to be said.
fn concurrency(properties: &Properties<'_>) -> Result<Option<usize>, Fault> {
    let Some(managed) = properties.within("CapacityProviderConfig")? else {
        return Ok(None);
    };
    let name = "PerExecutionEnvironmentMaxConcurrency";
    managed.required(name)?;
    match managed.number(name)? {
        Some(number) if MANAGED_CONCURRENCY.contains(&number) => Ok(Some(number as usize)),
        _ => {
            let problem = Problem::Shape {
                what: name.to_owned(),
                expected: "from 1 to 1600",
            };
            Err(problem.at(managed.line_of(name)))
        }
    }
}

/// The folder of the code. A managed runtime would run what is in it; here a `bootstrap` in it does.
fn code_uri(properties: &Properties<'_>) -> Result<PathBuf, Fault> {
    let code_uri = PathBuf::from(
        properties
            .text("CodeUri")?
            .unwrap_or_else(|| ".".to_owned()),
    );
    let managed = properties
        .text("Runtime")?
        .filter(|runtime| !runtime.starts_with("provided"));
    match managed {
        Some(runtime)
            if !properties
                .scope()
                .file(&code_uri)
                .join("bootstrap")
                .is_file() =>
        {
            let what = format!(
                "Runtime {runtime} without a file bootstrap in {}",
                code_uri.display()
            );
            Err(properties.unsupported(&what, properties.line_of("Runtime")))
        }
        _ => Ok(code_uri),
    }
}

fn binary(scope: &Scope<'_>, id: &str, resource: &Node) -> Result<Option<String>, Fault> {
    let metadata = Properties::new(
        scope,
        format!("Metadata of {id}"),
        resource.line,
        resource.get("Metadata"),
    );
    if metadata.text("BuildMethod")?.as_deref() != Some("rust-cargolambda") {
        return Ok(None);
    }
    match metadata.within("BuildProperties")? {
        Some(build) => build.text("Binary"),
        None => Ok(None),
    }
}

fn environment(properties: &Properties<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut variables = match properties.within("Environment")? {
        Some(environment) => environment.table("Variables")?,
        None => BTreeMap::new(),
    };
    if let Some(handler) = properties.text("Handler")? {
        variables.insert("_HANDLER".to_owned(), handler);
    }
    // Lambda tells a function how it wants the log by two variables of its own.
    let logging = properties.within("LoggingConfig")?;
    if let Some(logging) = logging
        .filter(|logging| matches!(logging.text("LogFormat"), Ok(Some(format)) if format == "JSON"))
    {
        let level = logging
            .text("ApplicationLogLevel")?
            .unwrap_or_else(|| "INFO".to_owned());
        variables.insert("AWS_LAMBDA_LOG_FORMAT".to_owned(), "JSON".to_owned());
        variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), level);
    }
    Ok(variables)
}

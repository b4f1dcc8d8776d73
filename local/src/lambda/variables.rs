//! The environment variables of a process.

use std::{collections::BTreeMap, env, path::Path};

use chrono::Utc;
use uuid::Uuid;

use crate::{
    executor,
    template::{Function, REGION},
};

/// Unreserved variables, the credentials that nothing here checks, and the handler of a function that names none. A
/// function may declare its own.
const DEFAULTS: &[(&str, &str)] = &[
    ("AWS_ACCESS_KEY_ID", "local"),
    ("AWS_SECRET_ACCESS_KEY", "local"),
    ("AWS_SESSION_TOKEN", "local"),
    ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
];

/// The variables of one process of a function: Lambda's own, the declared ones, and `overrides` over those.
pub(super) fn of(
    function: &Function,
    overrides: Option<&BTreeMap<String, String>>,
    task_root: &Path,
    runtime_api: &str,
    concurrency: usize,
) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> = DEFAULTS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    if let Ok(path) = env::var("PATH") {
        variables.insert("PATH".to_owned(), path);
    }
    variables.extend(function.environment.clone());
    variables.extend(overrides.cloned().unwrap_or_default());
    let name = &function.name;
    let initialization = match concurrency {
        0 | 1 => "on-demand",
        _ => "lambda-managed-instances",
    };
    let day = Utc::now().format("%Y/%m/%d");
    let reserved = [
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        (
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            function.memory_mb.to_string(),
        ),
        ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", initialization.to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        (
            "AWS_LAMBDA_LOG_STREAM_NAME",
            format!("{day}/[$LATEST]{}", Uuid::new_v4().simple()),
        ),
        ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("LAMBDA_RUNTIME_DIR", task_root.display().to_string()),
        ("LAMBDA_TASK_ROOT", task_root.display().to_string()),
    ];
    variables.extend(reserved.map(|(name, value)| (name.to_owned(), value)));
    if concurrency > 1 {
        variables.insert(
            "AWS_LAMBDA_MAX_CONCURRENCY".to_owned(),
            concurrency.to_string(),
        );
        // An instance of Lambda has its cores for itself, and here nobody has: Tokio takes a thread for each unless it is told.
        variables
            .entry("TOKIO_WORKER_THREADS".to_owned())
            .or_insert_with(|| executor::share().to_string());
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The threads that a process is told of whose function declares these variables.
    fn threads(concurrency: usize, declared: &[(&str, &str)]) -> Option<String> {
        let declared = declared.iter();
        let function = Function {
            environment: declared
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Function::named("Hello")
        };
        of(
            &function,
            None,
            Path::new("/"),
            "127.0.0.1:9001",
            concurrency,
        )
        .remove("TOKIO_WORKER_THREADS")
    }

    #[test]
    fn a_managed_instance_has_its_share_of_the_cores_unless_it_declares_another() {
        assert_eq!(threads(1, &[]), None);
        assert_eq!(threads(8, &[]), Some(executor::share().to_string()));
        let declared = threads(8, &[("TOKIO_WORKER_THREADS", "7")]);
        assert_eq!(declared.as_deref(), Some("7"));
    }
}

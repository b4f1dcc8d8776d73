//! Builds the functions of a template with Cargo.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, io,
    path::{self, Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use serde::Deserialize;
use tokio::process::Command;

use crate::template::Template;

/// Why the functions are not there to run.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo is missing, or its folder is.
    #[error("running cargo in {folder}")]
    Start {
        /// Folder of the workspace.
        folder: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The code does not compile.
    #[error("cargo build failed in {folder} ({status})")]
    Failed {
        /// Folder of the workspace.
        folder: PathBuf,
        /// How Cargo ended.
        status: ExitStatus,
        /// What Cargo and the compiler said; empty when they have said it on standard error.
        message: String,
    },
    /// Cargo built everything, and this was not there.
    #[error("cargo built no binary {binary}, which {function} names")]
    NoBinary {
        /// `Metadata.BuildProperties.Binary`.
        binary: String,
        /// Logical id of the function.
        function: String,
    },
    /// A function that nothing builds has no executable.
    #[error("{function} has no Metadata.BuildProperties.Binary, and there is no {path}")]
    NoBootstrap {
        /// Logical id of the function.
        function: String,
        /// Where its executable should be.
        path: PathBuf,
    },
}

/// Builds what the template's functions need and gives the executable of each, by the function's logical id. `folder` is
/// the template's. Cargo tells its progress on standard error.
pub async fn build(
    template: &Template,
    folder: &Path,
    release: bool,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    build_with(template, folder, release, Messages::Shown).await
}

/// The same, with what Cargo says in the error alone.
pub async fn build_silently(
    template: &Template,
    folder: &Path,
    release: bool,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    build_with(template, folder, release, Messages::Kept).await
}

/// Where Cargo's messages go.
#[derive(Debug, Clone, Copy)]
enum Messages {
    /// To standard error.
    Shown,
    /// Into the error.
    Kept,
}

async fn build_with(
    template: &Template,
    folder: &Path,
    release: bool,
    messages: Messages,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    // A function may run in another folder than this process.
    let folder = path::absolute(folder).map_err(|source| BuildError::Start {
        folder: folder.to_owned(),
        source,
    })?;
    let mut workspaces: BTreeMap<PathBuf, BTreeSet<&str>> = BTreeMap::new();
    for function in template.functions.values() {
        if let Some(binary) = &function.binary {
            workspaces
                .entry(folder.join(&function.code_uri))
                .or_default()
                .insert(binary);
        }
    }
    let mut built = BTreeMap::new();
    for (workspace, binaries) in workspaces {
        let executables = cargo_build(&workspace, &binaries, release, messages).await?;
        built.insert(workspace, executables);
    }
    template
        .functions
        .keys()
        .map(|id| Ok((id.clone(), executable(template, id, &folder, &built)?)))
        .collect()
}

type Built = BTreeMap<PathBuf, BTreeMap<String, PathBuf>>;

fn executable(
    template: &Template,
    id: &str,
    folder: &Path,
    built: &Built,
) -> Result<PathBuf, BuildError> {
    let function = &template.functions[id];
    let code = folder.join(&function.code_uri);
    if let Some(binary) = &function.binary {
        let executable = built
            .get(&code)
            .and_then(|executables| executables.get(binary));
        let missing = || BuildError::NoBinary {
            binary: binary.clone(),
            function: id.to_owned(),
        };
        return executable.cloned().ok_or_else(missing);
    }
    let bootstrap = code.join("bootstrap");
    if bootstrap.is_file() {
        return Ok(bootstrap);
    }
    Err(BuildError::NoBootstrap {
        function: id.to_owned(),
        path: bootstrap,
    })
}

async fn cargo_build(
    workspace: &Path,
    binaries: &BTreeSet<&str>,
    release: bool,
    messages: Messages,
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    // The cargo that runs us, so that both agree on the version of everything.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace, because `cargo run` and `cargo test` unify the features of dependencies over it as well:
    // naming packages would choose other features, and compile the dependencies a second time.
    command.args([
        "build",
        "--workspace",
        "--message-format=json-render-diagnostics",
    ]);
    command.args(binaries.iter().flat_map(|binary| ["--bin", binary]));
    if release {
        command.arg("--release");
    }
    command
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(match messages {
            Messages::Shown => Stdio::inherit(),
            Messages::Kept => Stdio::piped(),
        })
        .kill_on_drop(true);
    let started = |source| BuildError::Start {
        folder: workspace.to_owned(),
        source,
    };
    let output = command
        .spawn()
        .map_err(started)?
        .wait_with_output()
        .await
        .map_err(started)?;
    if !output.status.success() {
        return Err(BuildError::Failed {
            folder: workspace.to_owned(),
            status: output.status,
            message: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(executables(&String::from_utf8_lossy(&output.stdout)))
}

/// What Cargo says of everything it has built, a JSON object a line; the rest of it is left out.
#[derive(Debug, Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts
        .filter(|artifact| artifact.target.kind.iter().any(|kind| kind == "bin"))
        .filter_map(|artifact| Some((artifact.target.name, artifact.executable?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::template::Function;

    fn template(functions: &[(&str, Option<&str>)]) -> Template {
        let functions = functions.iter().map(|(id, binary)| {
            let function = Function {
                binary: binary.map(str::to_owned),
                ..Function::named(id)
            };
            ((*id).to_owned(), function)
        });
        Template {
            functions: functions.collect(),
            ..Template::default()
        }
    }

    fn workspace(main: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let manifest = "[package]\nname = \"hello\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), main).unwrap();
        folder
    }

    #[tokio::test]
    async fn a_function_is_the_binary_that_cargo_built_for_it() {
        let workspace = workspace("fn main() {}");
        let built = build(
            &template(&[("Hello", Some("hello"))]),
            workspace.path(),
            false,
        )
        .await
        .unwrap();
        assert!(built["Hello"].ends_with("debug/hello") && built["Hello"].is_file());
    }

    #[tokio::test]
    async fn code_that_does_not_compile_is_an_error() {
        let workspace = workspace("fn main() { nonsense }");
        let error = build(
            &template(&[("Hello", Some("hello"))]),
            workspace.path(),
            false,
        )
        .await
        .unwrap_err();
        assert!(matches!(error, BuildError::Failed { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_function_without_a_binary_is_its_bootstrap() {
        let folder = tempfile::tempdir().unwrap();
        let template = template(&[("Script", None)]);
        let error = build(&template, folder.path(), false).await.unwrap_err();
        assert!(
            matches!(error, BuildError::NoBootstrap { path, .. } if path.ends_with("bootstrap"))
        );
        fs::write(folder.path().join("bootstrap"), "#!/bin/sh").unwrap();
        let built = build(&template, folder.path(), false).await.unwrap();
        assert_eq!(built["Script"], folder.path().join("bootstrap"));
    }

    #[test]
    fn only_binaries_of_the_messages_count() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"shared"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"cleanup"},"executable":"/t/debug/cleanup"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            executables(messages),
            BTreeMap::from([("cleanup".to_owned(), "/t/debug/cleanup".into())])
        );
    }
}

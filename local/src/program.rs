//! `cargo dev NAME`: a program of the workspace, run as Cargo runs external subcommands.

use std::{
    env,
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What `cargo metadata` says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    description: Option<String>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// A program of the workspace.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    name: String,
    /// That of its package. One without is not for people, as the functions of a template are not, and is not listed.
    description: Option<String>,
}

/// Runs a program of the workspace in place of this process. `words` are its name and its arguments.
pub(crate) fn run(words: &[OsString]) -> Result<()> {
    let [name, arguments @ ..] = words else {
        bail!("a command has a name");
    };
    let programs = programs()?;
    if !programs
        .iter()
        .any(|program| OsStr::new(&program.name) == name)
    {
        bail!("{}", unknown(name, &programs));
    }
    // Without --package, for the reason that .cargo/config.toml gives.
    let error = Command::new(cargo())
        .args(["run", "--quiet", "--bin"])
        .arg(name)
        .arg("--")
        .args(arguments)
        .exec();
    Err(error).context("running cargo")
}

/// The end of `--help`. Outside a workspace there is nothing to list.
pub(crate) fn help() -> String {
    let Ok(programs) = programs() else {
        return String::new();
    };
    let described = programs.into_iter().filter_map(|program| {
        let description = program.description?;
        Some(format!("  {:<13} {description}", program.name))
    });
    let lines: Vec<_> = described.collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("Programs of this workspace:\n{}", lines.join("\n"))
}

fn unknown(name: &OsStr, programs: &[Program]) -> String {
    let listed = programs
        .iter()
        .filter(|program| program.description.is_some());
    let names: Vec<_> = listed.map(|program| program.name.as_str()).collect();
    let name = name.to_string_lossy();
    let there_are = match names.as_slice() {
        [] => "it has none".to_owned(),
        names => format!("it has {}", names.join(", ")),
    };
    format!(
        "{name} is neither a command nor a program of this workspace ({there_are}): see cargo dev --help"
    )
}

fn programs() -> Result<Vec<Program>> {
    let output = Command::new(cargo())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("running cargo")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let metadata =
        serde_json::from_slice(&output.stdout).context("reading what cargo metadata says")?;
    Ok(of(metadata))
}

/// The programs of a workspace but this one.
fn of(metadata: Metadata) -> Vec<Program> {
    let binaries = metadata.packages.into_iter().flat_map(|package| {
        let Package {
            description,
            targets,
        } = package;
        let binaries = targets
            .into_iter()
            .filter(|target| target.kind.iter().any(|kind| kind == "bin"));
        binaries.map(move |target| Program {
            name: target.name,
            description: description.clone(),
        })
    });
    let mut programs: Vec<_> = binaries
        .filter(|program| program.name != env!("CARGO_BIN_NAME"))
        .collect();
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    programs
}

/// The one that runs us, when one does.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn programs_are_the_binaries_of_the_workspace_and_those_for_people_are_named() {
        let binary = |name: &str| json!([{"name": name, "kind": ["bin"]}]);
        let metadata = json!({"packages": [
            {"description": "Breaks things", "targets": binary("faults")},
            {"description": null, "targets": binary("a-function")},
            {"description": null, "targets": binary("local")},
            {"description": "No program", "targets": [{"name": "shared", "kind": ["lib"]}]},
        ]});
        let programs = of(from_value(metadata).unwrap());
        let names: Vec<_> = programs
            .iter()
            .map(|program| program.name.as_str())
            .collect();
        assert_eq!(names, ["a-function", "faults"]);
        assert_eq!(
            unknown(OsStr::new("fault"), &programs),
            "fault is neither a command nor a program of this workspace (it has faults): see cargo dev --help"
        );
    }
}

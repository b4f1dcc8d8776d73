//! Installs Chromium: with the package manager as root, otherwise into `.local` from a package that carries one.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{process::Command, sync::Mutex};

/// Chromium's headless shell as a package of npm; its one file and the libraries that a bare system lacks are compressed.
const NPM_PACKAGE: &str = "@sparticuz/chromium@153.0.0";

/// Unpacks it: `chromium`, its libraries, and `run`, which finds them.
const UNPACK: &str = r#"
const fs = require("fs"), zlib = require("zlib"), { execFileSync } = require("child_process");
const from = "node_modules/@sparticuz/chromium/bin/";
const unpack = (name) => zlib.brotliDecompressSync(fs.readFileSync(from + name));
fs.writeFileSync("chromium", unpack("chromium.br"), { mode: 0o755 });
execFileSync("tar", ["-x"], { input: unpack("al2023.tar.br") });
fs.writeFileSync("run", '#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH=$here/lib exec "$here/chromium" "$@"\n', { mode: 0o755 });
"#;

/// Where a private Chromium is.
pub(super) fn private_program() -> PathBuf {
    private_folder().join("run")
}

fn private_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/chromium")
}

/// Tries both; the caller looks for it afterwards.
pub(super) async fn install() -> Result<(), String> {
    eprintln!("Chromium was not found and is being installed");
    let with_apt = apt().await;
    if with_apt.is_ok() {
        return with_apt;
    }
    npm()
        .await
        .map_err(|error| format!("{}; {error}", with_apt.err().unwrap_or_default()))
}

async fn apt() -> Result<(), String> {
    let root = run("test", &["-w", "/usr/bin"], Path::new("/"))
        .await
        .is_ok();
    let become_root: &[&str] = if root { &[] } else { &["sudo", "-n"] };
    for line in [
        &["apt-get", "update", "--quiet"][..],
        &[
            "apt-get",
            "install",
            "--quiet",
            "--yes",
            "--no-install-recommends",
            "chromium",
        ],
    ] {
        let line = [
            become_root,
            &["env", "DEBIAN_FRONTEND=noninteractive"],
            line,
        ]
        .concat();
        run(line[0], &line[1..], Path::new("/")).await?;
    }
    Ok(())
}

async fn npm() -> Result<(), String> {
    let folder = private_folder();
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let options = [
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        ".",
        NPM_PACKAGE,
    ];
    run("npm", &options, &folder).await?;
    run("node", &["--eval", UNPACK], &folder).await
}

/// What `find` gives, at once or after `install`. None, with what is `missing` as a notice, where all of that fails; in CI that is a
/// failure.
pub(super) async fn find_or_install<T>(
    find: impl Fn() -> Option<T>,
    install: impl Future<Output = Result<(), String>>,
    missing: &str,
    left_out: &str,
) -> Option<T> {
    // Two installations of one thing would be in each other's way.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;
    if let Some(found) = find() {
        return Some(found);
    }
    let failed = install.await.err();
    let found = find();
    if found.is_none() {
        let notice = format!("{missing}. {}", failed.unwrap_or_default());
        assert!(env::var_os("CI").is_none(), "{notice}");
        eprintln!("{notice}; {left_out}");
    }
    found
}

pub(super) async fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(format!(
        "{program} {}: {}",
        arguments.join(" "),
        last.unwrap_or("failed")
    ))
}

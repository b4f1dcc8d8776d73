//! Debian's and Ubuntu's packages.

use std::path::Path;

use super::{Package, run::run};
use crate::{
    progress::Progress,
    services::{ServiceError, program, spawn::succeeds},
};

/// The services that Debian's packages would start by themselves, on the well-known ports.
const UNITS: [&str; 3] = [
    "postgresql.service",
    "redis-server.service",
    "pgbouncer.service",
];

/// What to put before `apt-get`: nothing as root, `sudo -n` when it asks for no password.
pub(super) fn way_to_apt() -> Option<&'static [&'static str]> {
    program::in_path("apt-get")?;
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    succeeds("sudo", &["-n", "true"]).then_some(&["sudo", "-n"])
}

pub(super) async fn apt(
    package: Package,
    become_root: &[&str],
    progress: &Progress,
) -> Result<(), ServiceError> {
    let line = |rest: &[&'static str]| {
        [
            become_root,
            &["env", "DEBIAN_FRONTEND=noninteractive"],
            rest,
        ]
        .concat()
    };
    run(&line(&["apt-get", "update", "--quiet"]), progress).await?;
    let masked = mask(become_root, progress).await?;
    let arguments = [
        "apt-get",
        "install",
        "--quiet",
        "--yes",
        "--no-install-recommends",
        package.debian(),
    ];
    let installed = run(&line(&arguments), progress).await;
    if masked {
        let unmask = [become_root, &["systemctl", "unmask", "--runtime"], &UNITS].concat();
        run(&unmask, progress).await?;
    }
    installed
}

/// Keeps systemd from starting what is about to be installed: the stack runs its own. Without systemd, as in a container,
/// Debian's `invoke-rc.d` starts nothing either. A service that is there already is left alone.
async fn mask(become_root: &[&str], progress: &Progress) -> Result<bool, ServiceError> {
    let active = UNITS
        .into_iter()
        .any(|unit| succeeds("systemctl", &["is-active", "--quiet", unit]));
    if active || !Path::new("/run/systemd/system").exists() {
        return Ok(false);
    }
    run(
        &[become_root, &["systemctl", "mask", "--runtime"], &UNITS].concat(),
        progress,
    )
    .await?;
    Ok(true)
}

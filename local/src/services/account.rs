//! Whom a server runs as. PostgreSQL refuses root.

use std::{fs, os::unix::fs::MetadataExt, path::Path, process::Stdio};

use tokio::process::Command;

use super::{ServiceError, spawn::succeeds};

/// The user of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// Who runs us.
    Ourselves,
    /// Somebody with fewer rights, because we are root.
    Other {
        /// Such as `postgres`.
        name: String,
        /// User id.
        uid: u32,
        /// Primary group.
        gid: u32,
    },
}

impl Account {
    /// Whom PostgreSQL may run as: us, or `postgres`, else `nobody`, when we are root.
    pub(super) fn for_postgres() -> Result<Self, ServiceError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        let account = ["postgres", "nobody"]
            .into_iter()
            .find_map(Self::named)
            .ok_or(ServiceError::Root)?;
        let can_change = ["setpriv", "runuser"]
            .into_iter()
            .any(|program| succeeds(program, &["--version"]));
        if can_change {
            Ok(account)
        } else {
            Err(ServiceError::Root)
        }
    }

    fn named(name: &str) -> Option<Self> {
        let id = |flag: &str| {
            let output = std::process::Command::new("id")
                .args([flag, name])
                .stderr(Stdio::null())
                .output()
                .ok()?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Self::Other {
            name: name.to_owned(),
            uid: id("-u")?,
            gid: id("-g")?,
        })
    }

    /// What makes `setpriv` run as this account.
    pub(super) fn setpriv_arguments(&self) -> Vec<String> {
        match self {
            Self::Ourselves => Vec::new(),
            Self::Other { uid, gid, .. } => {
                vec![
                    format!("--reuid={uid}"),
                    format!("--regid={gid}"),
                    "--clear-groups".to_owned(),
                ]
            }
        }
    }

    /// `program` as this account, without the death signal of [`super::spawn::server`].
    pub(super) fn command(&self, program: &Path) -> Command {
        let Self::Other { name, .. } = self else {
            return Command::new(program);
        };
        if *super::spawn::PDEATHSIG {
            let mut command = Command::new("setpriv");
            command
                .args(self.setpriv_arguments())
                .arg("--")
                .arg(program);
            return command;
        }
        let mut command = Command::new("runuser");
        command.args(["-u", name, "--"]).arg(program);
        command
    }

    /// Gives it a folder or a file.
    pub(super) fn give(&self, path: &Path) -> Result<(), ServiceError> {
        let Self::Other { name, uid, gid } = self else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(*uid), Some(*gid)).map_err(ServiceError::io(format!(
            "giving {} to {name}",
            path.display()
        )))
    }

    /// Whether it can reach what lies in `folder`: every folder on the way lets it through.
    pub(super) fn reaches(&self, folder: &Path) -> bool {
        let Self::Other { uid, gid, .. } = self else {
            return true;
        };
        let lets_through = |folder: &Path| {
            fs::metadata(folder).is_ok_and(|folder| match folder.mode() {
                mode if folder.uid() == *uid => mode & 0o100 != 0,
                mode if folder.gid() == *gid => mode & 0o010 != 0,
                mode => mode & 0o001 != 0,
            })
        };
        folder
            .ancestors()
            .filter(|folder| folder.exists())
            .all(lets_through)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_folder_on_the_way_keeps_another_user_out() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let nobody = Account::Other {
            name: "nobody".to_owned(),
            uid: 65_534,
            gid: 65_534,
        };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!nobody.reaches(&inner));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert!(nobody.reaches(&inner));
        assert!(Account::Ourselves.reaches(&inner));
    }
}

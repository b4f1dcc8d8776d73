//! axe-core, which finds what keeps people from using a page.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    Page,
    install::{find_or_install, run},
};

/// A package of Python that carries axe-core 4.12, for machines without npm, and its digest.
const PYTHON_PACKAGE: &str = "axe-playwright-python==0.1.8 --hash=sha256:fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8";

/// What it finds is listed as rule, help, and where. Style sheets are not fetched again, which takes ten seconds where there is no
/// network: only a rule about the orientation of the screen, an experiment, would read them.
const SERIOUS: &str = "axe.run(document, {resultTypes: ['violations'], preload: false, ...OPTIONS}).then(({violations}) => violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .map(({id, help, nodes}) => ({id, help, nodes: nodes.map(({html, failureSummary}) => html + failureSummary)})))";

/// The script.
#[derive(Debug, Clone)]
pub struct Axe {
    script: String,
}

impl Axe {
    /// The axe-core that npm has installed for the page; else it is installed, with npm or else with Python. None, with a notice, where
    /// all of that fails; in CI that is a failure.
    pub async fn find_or_install() -> Option<Self> {
        find_or_install(
            Self::find,
            install(),
            "no axe-core: install npm, or Python with venv",
            "what it would find is left out",
        )
        .await
    }

    fn find() -> Option<Self> {
        let places = [
            page_folder().join("node_modules/axe-core/axe.min.js"),
            private_folder().join("axe_playwright_python/axe.min.js"),
        ];
        let script = places
            .iter()
            .find_map(|place| std::fs::read_to_string(place).ok())?;
        Some(Self { script })
    }

    /// What axe-core calls serious or critical in a page as it is now, with `options` of `axe.run`.
    pub async fn serious(&self, page: &Page, options: &Value) -> Value {
        if page.eval("typeof axe").await != "object" {
            page.eval(&format!("{}; void 0", self.script)).await;
        }
        page.eval(&SERIOUS.replace("OPTIONS", &options.to_string()))
            .await
    }
}

fn page_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/web")
}

fn private_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/axe")
}

async fn install() -> Result<(), String> {
    eprintln!("axe-core was not found and is being installed");
    let npm = run("npm", &["ci", "--no-audit", "--no-fund"], &page_folder()).await;
    let Err(npm) = npm else { return Ok(()) };
    python().await.map_err(|error| format!("{npm}; {error}"))
}

/// Unpacks the package with the pip of a virtual environment: Debian's own refuses to install anything.
async fn python() -> Result<(), String> {
    let folder = private_folder();
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    std::fs::write(folder.join("package.txt"), PYTHON_PACKAGE)
        .map_err(|error| error.to_string())?;
    run("python3", &["-m", "venv", "pip"], &folder).await?;
    let options = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--target",
        ".",
        "--upgrade",
        "--requirement",
        "package.txt",
    ];
    run("./pip/bin/pip", &options, &folder).await
}

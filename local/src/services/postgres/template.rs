//! Databases for tests, copied from one that is ready: `initdb` and the migrations cost a second, a copy 80 ms.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::process::Command;

use super::{
    Postgres,
    cluster::{Cluster, run},
};
use crate::services::{
    Lifetime, MigrateError, Place, ServiceError, migrate,
    migrate::files,
    place::{create, lock_file, remove},
};

/// After this a template is taken for one of migrations that have changed since.
const UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// Puts a database with `migrations` into the folder of `cluster`.
pub(super) async fn copy(
    place: &Place,
    cluster: &Cluster,
    migrations: Option<&Path>,
) -> Result<(), ServiceError> {
    let templates = place.root.join("templates");
    create(&templates)?;
    let name = format!(
        "postgres-{}-{:016x}",
        cluster.version,
        fingerprint(cluster, migrations)?
    );
    let template = templates.join(&name);
    if !template.exists() {
        let _one_at_a_time = lock_file(&templates.join("lock")).await?;
        if !template.exists() {
            remove_unused(&templates);
            build(
                place,
                &cluster.at(templates.join(format!("{name}.unfinished"))),
                migrations,
            )
            .await?;
            let finished = fs::rename(templates.join(format!("{name}.unfinished")), &template);
            finished.map_err(ServiceError::io("keeping a template database"))?;
        }
    }
    let used = File::open(&template).and_then(|folder| folder.set_modified(SystemTime::now()));
    used.map_err(ServiceError::io(format!("opening {}", template.display())))?;
    cluster.account.give(&cluster.folder)?;
    let mut command = Command::new("cp");
    command
        .arg("-a")
        .arg(template.join("data"))
        .arg(cluster.data());
    run(command).await
}

async fn build(
    place: &Place,
    cluster: &Cluster,
    migrations: Option<&Path>,
) -> Result<(), ServiceError> {
    place.progress.step(&format!(
        "Creating a PostgreSQL {} template database",
        cluster.version
    ));
    super::end_leftover(&cluster.folder);
    create(&cluster.folder)?;
    cluster.init(false).await?;
    let postgres = Postgres::start_cluster(cluster.clone(), Lifetime::Throwaway).await?;
    postgres.create_database().await?;
    postgres.create_statement_statistics().await?;
    if let Some(migrations) = migrations {
        migrate(postgres.url(), migrations).await?;
    }
    postgres.stop().await
}

/// Every change of a migration makes a new template of 40 MB; the old one is of no use then.
fn remove_unused(templates: &Path) {
    for template in fs::read_dir(templates).into_iter().flatten().flatten() {
        let last_used = template
            .metadata()
            .and_then(|folder| folder.modified())
            .ok();
        let age = last_used
            .and_then(|used| used.elapsed().ok())
            .unwrap_or_default();
        if template.path().is_dir() && age > UNUSED {
            remove(&template.path());
        }
    }
}

/// Differs whenever the template would. A new compiler may change it as well, which costs one more template.
fn fingerprint(cluster: &Cluster, migrations: Option<&Path>) -> Result<u64, ServiceError> {
    let mut hasher = DefaultHasher::new();
    cluster.account.setpriv_arguments().hash(&mut hasher);
    for file in migrations.map(files).transpose()?.unwrap_or_default() {
        let unreadable = |source| MigrateError::Unreadable {
            dir: PathBuf::from(&file),
            source,
        };
        fs::read(&file).map_err(unreadable)?.hash(&mut hasher);
        file.file_name().hash(&mut hasher);
    }
    Ok(hasher.finish())
}

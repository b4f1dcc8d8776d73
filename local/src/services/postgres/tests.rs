use std::{fs, mem, path::Path, process, time::Duration};

use tempfile::TempDir;
use tokio::time::sleep;
use tokio_postgres::SimpleQueryMessage;

use super::{DATABASE, Postgres};
use crate::{
    progress::Progress,
    services::{Install, Lifetime, MigrateError, Place, migrate, place::throwaway},
};

/// A place that can be opened again, with the servers that the workspace has installed.
async fn kept(folder: &TempDir) -> Place {
    let shared = throwaway().await;
    let servers = folder.path().join("servers");
    if !servers.is_symlink() {
        std::os::unix::fs::symlink(shared.root.join("servers"), servers).unwrap();
    }
    Place::open(
        folder.path(),
        Lifetime::Kept,
        Install::Never,
        Progress::silent(),
    )
    .await
    .unwrap()
}

/// In `/var/tmp`, because PostgreSQL's user must reach it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    folder
}

fn migrations(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, sql) in files {
        fs::write(folder.path().join(name), sql).unwrap();
    }
    folder
}

async fn value(postgres: &Postgres, sql: &str) -> String {
    let client = postgres.connect(DATABASE).await.unwrap();
    let messages = client.simple_query(sql).await.unwrap();
    let rows = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    rows.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn it_stops_and_starts_again_on_the_same_port_with_its_data() {
    let place = throwaway().await;
    let postgres = Postgres::start(&place, None).await.unwrap();
    value(
        &postgres,
        "create table kept (n int); insert into kept values (7)",
    )
    .await;
    let url = postgres.url().to_owned();
    postgres.stop().await.unwrap();
    assert!(postgres.connect(DATABASE).await.is_err());
    postgres.start_again().await.unwrap();
    assert_eq!(postgres.url(), url);
    assert_eq!(value(&postgres, "select n from kept").await, "7");
    postgres.kill().await.unwrap();
    assert!(postgres.connect(DATABASE).await.is_err());
}

#[tokio::test]
async fn a_throwaway_database_has_its_schema_and_belongs_to_one_stack() {
    let migrations = migrations(&[("V1__one.sql", "create table one (n int)")]);
    let places = (throwaway().await, throwaway().await);
    let first = Postgres::start(&places.0, Some(migrations.path()))
        .await
        .unwrap();
    let second = Postgres::start(&places.1, Some(migrations.path()))
        .await
        .unwrap();
    value(&first, "insert into one values (1)").await;
    assert_eq!(value(&first, "select count(*) from one").await, "1");
    assert_eq!(value(&second, "select count(*) from one").await, "0");
    assert_eq!(value(&first, "show server_encoding").await, "UTF8");
    assert_eq!(
        migrate(first.url(), migrations.path()).await.unwrap(),
        0,
        "the template has them"
    );
}

/// An interrupted start used to leave half a database, which every later one took for a whole one.
#[tokio::test]
async fn a_first_start_that_is_interrupted_leaves_nothing_that_is_taken_for_a_database() {
    let folder = folder();
    let place = kept(&folder).await;
    let server = folder.path().join("postgres");
    tokio::select! {
        started = Postgres::start(&place, None) => panic!("it was too quick: {started:?}"),
        () = begun(&server) => {}
    }
    let postgres = Postgres::start(&place, None).await.unwrap();
    assert_eq!(value(&postgres, "select 1").await, "1");
}

/// Until `initdb` has written its first file.
async fn begun(server: &Path) {
    let has_version = || {
        fs::read_dir(server)
            .into_iter()
            .flatten()
            .flatten()
            .any(|data| data.path().join("PG_VERSION").exists())
    };
    while !has_version() {
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn kept_data_outlive_their_server_and_a_server_left_behind_is_taken_over() {
    let folder = folder();
    let place = kept(&folder).await;
    let first = Postgres::start(&place, None).await.unwrap();
    value(
        &first,
        "create table kept (n int); insert into kept values (8)",
    )
    .await;
    // As if this process had been killed on a machine without `setpriv`: the server runs on, nobody holds the lock.
    mem::forget(first);
    drop(place);
    let place = kept(&folder).await;
    let second = Postgres::start(&place, None).await.unwrap();
    assert_eq!(value(&second, "select n from kept").await, "8");
}

#[tokio::test]
async fn the_number_of_a_dead_server_that_is_now_another_process_keeps_nobody_out() {
    let folder = folder();
    let place = kept(&folder).await;
    let first = Postgres::start(&place, None).await.unwrap();
    first.kill().await.unwrap();
    let file = folder.path().join("postgres/data/postmaster.pid");
    fs::write(&file, format!("{}\n/elsewhere\n", process::id())).unwrap();
    drop((first, place));
    let place = kept(&folder).await;
    let second = Postgres::start(&place, None).await.unwrap();
    assert_eq!(value(&second, "select 1").await, "1");
}

#[tokio::test]
async fn two_migrations_at_once_apply_each_file_once() {
    let migrations = migrations(&[
        (
            "V1__one.sql",
            "create table one (n int); select pg_sleep(0.1)",
        ),
        ("V2__two.sql", "insert into one values (1)"),
    ]);
    let place = throwaway().await;
    let postgres = Postgres::start(&place, None).await.unwrap();
    let run = || migrate(postgres.url(), migrations.path());
    let (first, second) = tokio::join!(run(), run());
    assert_eq!(first.unwrap() + second.unwrap(), 2);
    assert_eq!(value(&postgres, "select count(*) from one").await, "1");
}

#[tokio::test]
async fn a_statement_that_fails_is_told_with_its_file() {
    let migrations = migrations(&[
        ("V1__good.sql", "select 1"),
        ("V2__bad.sql", "select nothing"),
    ]);
    let place = throwaway().await;
    let postgres = Postgres::start(&place, None).await.unwrap();
    let error = migrate(postgres.url(), migrations.path())
        .await
        .unwrap_err();
    let file = migrations.path().join("V2__bad.sql");
    let expected = format!(
        "applying {}: ERROR: column \"nothing\" does not exist",
        file.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(
        value(&postgres, "select count(*) from refinery_schema_history").await,
        "1"
    );
}

#[tokio::test]
async fn a_file_that_changed_after_it_was_applied_is_told() {
    let migrations = migrations(&[("V1__one.sql", "select 1")]);
    let place = throwaway().await;
    let postgres = Postgres::start(&place, None).await.unwrap();
    migrate(postgres.url(), migrations.path()).await.unwrap();
    let file = migrations.path().join("V1__one.sql");
    fs::write(&file, "select 2").unwrap();
    let error = migrate(postgres.url(), migrations.path())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, MigrateError::Apply { at, .. } if *at == file),
        "{error}"
    );
}

#[tokio::test]
async fn data_of_another_major_version_are_left_alone() {
    let folder = folder();
    let place = kept(&folder).await;
    let data = folder.path().join("postgres/data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "9\n").unwrap();
    let error = Postgres::start(&place, None).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("was written by PostgreSQL 9, which is not installed"),
        "{error}"
    );
    assert!(Path::new(&data).exists());
}

//! The checker finds what it is there for: each test runs the real stack with one defect planted into it.
//!
//! Half of the defects are in the database, half in the functions: a function's SQL and Lua stand in its executable as text, and a
//! copy of it with another text of the same length is the same program with one defect. So nothing of this is in the product.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use faults::{
    check::Rule,
    drive::{Options, run},
    plan::Kind,
};
use local::{
    build::build,
    services::Install,
    template::{Site, Template},
};
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

/// Stacks at the same time. More than two time each other out on two cores.
const STACKS: u32 = 2;
static ROOM: Semaphore = Semaphore::const_new(STACKS as usize);

/// A few seconds of many requests, with faults of some kinds.
async fn options(kinds: &[Kind]) -> Options {
    Options {
        during: Duration::from_secs(7),
        users: 4,
        devices: 2,
        sessions: 2,
        pause: Duration::from_millis(250),
        kinds: kinds.to_vec(),
        ping: Duration::from_secs(2),
        install: Install::Private,
        executables: Some(functions().await.clone()),
        ..Options::new(root())
    }
}

/// Runs it beside others and gives the rules that are broken.
async fn broken(options: Options) -> BTreeSet<Rule> {
    broken_in(1, options).await
}

/// Runs it in the room of so many stacks.
async fn broken_in(room: u32, options: Options) -> BTreeSet<Rule> {
    let _turn = ROOM.acquire_many(room).await.unwrap();
    let outcome = run(&options, &CancellationToken::new()).await.unwrap();
    println!("{} violations", outcome.violations.len());
    for violation in outcome.violations.iter().take(3) {
        println!("{}: {}", violation.rule, violation.what);
    }
    outcome
        .violations
        .iter()
        .map(|violation| violation.rule)
        .collect()
}

/// A seed fixes what is tried and not who is quicker, so a defect that shows in a race alone has three runs to show itself.
async fn breaks(options: Options, rule: Rule) {
    let mut found = BTreeSet::new();
    for seed in options.seed..options.seed + 3 {
        found.extend(
            broken(Options {
                seed,
                ..options.clone()
            })
            .await,
        );
        if found.contains(&rule) {
            return;
        }
    }
    panic!("{rule} is not among {found:?}");
}

/// A function of the database with another text in one place. It fails where there is no such text.
fn replace(function: &str, text: &str, by: &str) -> String {
    format!(
        "DO $plant$
        DECLARE
            v_sound text := pg_get_functiondef('{function}'::regproc);
            v_defect text := replace(v_sound, $text${text}$text$, $text${by}$text$);
        BEGIN
            IF v_defect = v_sound THEN RAISE EXCEPTION 'there is no such text in {function}'; END IF;
            EXECUTE v_defect;
        END $plant$"
    )
}

/// Functions with another text, which spaces make as long as the one it stands for. They live in the folder.
fn patch(options: &mut Options, folder: &Path, text: &str, by: &str) {
    let by = format!("{by:<width$}", width = text.len());
    assert_eq!(text.len(), by.len(), "{by:?} is too long");
    let mut patched = 0;
    for executable in options.executables.as_mut().unwrap().values_mut() {
        let mut bytes = fs::read(&executable).unwrap();
        let places: Vec<_> = bytes
            .windows(text.len())
            .enumerate()
            .filter(|(_, window)| *window == text.as_bytes())
            .map(|(at, _)| at)
            .collect();
        if places.is_empty() {
            continue;
        }
        for at in places {
            bytes[at..at + text.len()].copy_from_slice(by.as_bytes());
        }
        let copy = folder.join(executable.file_name().unwrap());
        // With its mode.
        fs::copy(&executable, &copy).unwrap();
        fs::write(&copy, bytes).unwrap();
        *executable = copy;
        patched += 1;
    }
    assert!(patched > 0, "no function has the text {text:?}");
}

/// Alone: what only comes too late, because another stack has the cores, is no defect either.
#[tokio::test]
async fn without_a_defect_nothing_is_found() {
    let kinds = [
        Kind::PushLose,
        Kind::DeviceVanish,
        Kind::RedisFlush,
        Kind::Kill,
    ];
    let options = options(&kinds).await;
    assert_eq!(broken_in(STACKS, options).await, BTreeSet::new());
}

/// The ack leaves before the commit is on its way to the disk: what PostgreSQL has not written when it is killed is gone.
#[tokio::test]
async fn an_ack_before_the_commit() {
    let mut options = options(&[Kind::PostgresStop]).await;
    options.sabotage = [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
        "ALTER SYSTEM SET wal_writer_delay = '10s'",
        "ALTER SYSTEM SET wal_writer_flush_after = 0",
        "SELECT pg_reload_conf()",
    ]
    .map(str::to_owned)
    .to_vec();
    options.during = Duration::from_secs(14);
    breaks(options, Rule::Kept).await;
}

/// A number is read and then written, and nobody holds the session's row meanwhile.
#[tokio::test]
async fn a_send_without_the_row_lock() {
    let mut options = options(&[]).await;
    options.sabotage = vec![
        "ALTER TABLE messages DROP CONSTRAINT messages_pkey, DROP CONSTRAINT messages_change_key"
            .to_owned(),
        // What the statement saw when it began, also after another's commit.
        "CREATE FUNCTION stale_change(p_session uuid) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
         BEGIN
             PERFORM pg_sleep(0.02);
             RETURN (SELECT s.change FROM sessions s WHERE s.id = p_session);
         END $$"
            .to_owned(),
        replace("message_send", "FOR NO KEY UPDATE", ""),
        replace(
            "message_send",
            "SET change = s.change + 1",
            "SET change = stale_change(p_session) + 1",
        ),
    ];
    breaks(options, Rule::Holes).await;
}

/// A repeated send is not recognised.
#[tokio::test]
async fn a_forgotten_idempotency_key() {
    let mut options = options(&[Kind::Kill]).await;
    options.sabotage = vec![
        "ALTER TABLE messages DROP CONSTRAINT messages_idempotency_key".to_owned(),
        replace(
            "message_send",
            "m.idempotency_key = p_key",
            "m.idempotency_key = p_key || '?'",
        ),
    ];
    breaks(options, Rule::Once).await;
}

/// The sender is left out by user, not by connection: the sender's other devices are told nothing.
#[tokio::test]
async fn a_push_that_leaves_out_a_user_instead_of_a_connection() {
    let mut options = options(&[]).await;
    let members = "array_agg(m.user_id)";
    options.sabotage = vec![replace(
        "message_send",
        members,
        &format!("{members} FILTER (WHERE m.user_id <> p_user)"),
    )];
    breaks(options, Rule::Pushed).await;
}

/// Everybody is told everything.
#[tokio::test]
async fn a_push_to_everybody() {
    let mut options = options(&[]).await;
    let members = "array_agg(m.user_id)";
    let everybody = "(SELECT array_agg(u.id) FROM users u)";
    options.sabotage = vec![replace("message_send", members, everybody)];
    breaks(options, Rule::Strangers).await;
}

/// A read mark goes where it is told, also back.
#[tokio::test]
async fn a_read_mark_that_goes_back() {
    let mut options = options(&[]).await;
    options.sabotage = vec![replace(
        "member_read",
        "greatest(m.read_seq, least(p_seq, v_newest))",
        "least(p_seq, v_newest)",
    )];
    breaks(options, Rule::Reads).await;
}

/// The revision that an edit was made from does not matter: the last one wins.
#[tokio::test]
async fn an_edit_that_overwrites_another() {
    let mut options = options(&[]).await;
    (options.users, options.sessions, options.devices) = (2, 1, 4);
    // Two edits of one revision must be on their way at once, and on a quick machine few are: they wait before they look.
    let looks = "SELECT s.expires_at INTO v_expires";
    options.sabotage = vec![
        replace(
            "message_alter",
            looks,
            &format!("PERFORM pg_sleep(0.15); {looks}"),
        ),
        replace(
            "message_alter",
            "IF rev <> p_rev OR deleted_at",
            "IF deleted_at",
        ),
    ];
    breaks(options, Rule::Edits).await;
}

/// A change that does not follow on the list is appended to it all the same.
#[tokio::test]
async fn a_list_that_takes_whatever_comes() {
    let (mut options, folder) = (
        // A send that dies after its commit leaves a number out, and the next one follows on nothing.
        options(&[
            Kind::Kill,
            Kind::RedisCut,
            Kind::PushLose,
            Kind::DeviceVanish,
        ])
        .await,
        tempfile::tempdir().unwrap(),
    );
    (options.sessions, options.pause) = (1, Duration::from_millis(150));
    patch(
        &mut options,
        folder.path(),
        "change ~= head + 1",
        "change ~= change",
    );
    breaks(options, Rule::Holes).await;
}

/// A ping is always told that nothing is missing.
#[tokio::test]
async fn a_ping_that_finds_nothing() {
    let (mut options, folder) = (
        options(&[Kind::PushLose]).await,
        tempfile::tempdir().unwrap(),
    );
    // So few messages that most pushes are lost, and so is the last one of some session: no later push reveals it.
    (options.users, options.sessions) = (2, 4);
    options.pause = Duration::from_millis(1_500);
    patch(
        &mut options,
        folder.path(),
        "if not state[3] or tonumber(state[1]) ~= tonumber(ARGV[1]) or",
        "if tonumber(state[1]) ~= tonumber(state[1]) or",
    );
    breaks(options, Rule::Converged).await;
}

/// A send takes its warning back without writing to the list.
#[tokio::test]
async fn a_list_that_is_not_told() {
    let (mut options, folder) = (
        options(&[Kind::PushLose, Kind::DeviceVanish]).await,
        tempfile::tempdir().unwrap(),
    );
    patch(
        &mut options,
        folder.path(),
        "if not head then",
        "if head then",
    );
    breaks(options, Rule::Fresh).await;
}

/// The recent list is read by whoever asks.
#[tokio::test]
async fn a_list_that_asks_nobody_for_membership() {
    let (mut options, folder) = (
        options(&[Kind::DeviceVanish]).await,
        tempfile::tempdir().unwrap(),
    );
    patch(
        &mut options,
        folder.path(),
        "redis.call('HEXISTS', KEYS[3], ARGV[1]) == 1",
        "redis.call('HEXISTS', KEYS[3], ARGV[1]) >= 0",
    );
    options.during = Duration::from_secs(14);
    breaks(options, Rule::Strangers).await;
}

/// The executables of all functions, built once.
async fn functions() -> &'static BTreeMap<String, PathBuf> {
    static BUILT: OnceCell<BTreeMap<String, PathBuf>> = OnceCell::const_new();
    let build = async || {
        let site = Site {
            address: String::new(),
            state: root().join(".local"),
            stack_name: String::new(),
        };
        let template =
            Template::load(&root().join("template.yaml"), &BTreeMap::new(), &site).unwrap();
        build(&template, &root(), false).await.unwrap()
    };
    BUILT.get_or_init(build).await
}

/// The folder of the workspace, where `template.yaml` is.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

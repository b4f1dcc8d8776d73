//! The program, from a real Redis into a real PostgreSQL, read back over REST.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use redis::AsyncCommands;
use serde_json::{Value, json};
use tests::{TestStack, User};
use tokio::{process::Command, time::sleep};
use uuid::Uuid;

struct Scene {
    stack: TestStack,
    ada: User,
    folder: PathBuf,
}

/// What the program said.
struct Outcome {
    status: ExitStatus,
    summary: String,
    rejected: Vec<Value>,
}

impl Outcome {
    /// The number before some words of the summary.
    fn count(&self, words: &str) -> u64 {
        let line = self.summary.lines().find(|line| line.contains(words));
        let line = line.unwrap_or_else(|| panic!("no {words} in {}", self.summary));
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// Ada used the old service as "ada".
async fn scene() -> Scene {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let folder = std::env::temp_dir().join(format!("import-{}", Uuid::now_v7()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("users"), format!("ada {}\n", ada.id)).unwrap();
    Scene { stack, ada, folder }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What cannot be removed is left in the folder for temporary files.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Scene {
    fn command(&self, arguments: &[&str]) -> Command {
        let node = self.stack.redis().nodes()[0].url();
        let mut command = Command::new(env!("CARGO_BIN_EXE_import"));
        command.args(["--from", &node]);
        command.args(["--database-url", self.stack.stack().database_url().unwrap()]);
        command.args(["--redis-url", self.stack.redis().url()]);
        command.args(["--users".as_ref(), self.folder.join("users").as_os_str()]);
        command.args(["--rejected".as_ref(), self.rejected().as_os_str()]);
        // What the shell says of retention is not for these tests.
        command.env_remove("MESSAGE_RETENTION");
        command.args(arguments).kill_on_drop(true);
        command
    }

    fn rejected(&self) -> PathBuf {
        self.folder.join("rejected.jsonl")
    }

    async fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!errors.contains("panicked"), "{errors}");
        Outcome {
            status: output.status,
            summary: String::from_utf8(output.stdout).unwrap() + &errors,
            rejected: lines(&self.rejected()),
        }
    }

    async fn push(&self, key: &str, entries: &[&str]) {
        let mut keys = self.stack.keys().await;
        keys.rpush::<_, _, ()>(key, entries).await.unwrap();
    }

    /// Ada's sessions in the list of her sessions.
    async fn sessions(&self) -> Vec<String> {
        let list = self.ada.rest.sessions().await.ok();
        let sessions = list["sessions"].as_array().unwrap();
        sessions
            .iter()
            .map(|session| session["session_id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn messages(&self, session: &str) -> Vec<Value> {
        let page = self
            .ada
            .rest
            .since(session, &[("after_change", "0"), ("limit", "500")])
            .await
            .ok();
        assert_eq!(page["complete"], true);
        page["messages"].as_array().unwrap().clone()
    }
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const HELLO: &str = r#"{"id":"m1","session_id":"s1","user_id":"ada","role":"user","content":"Hello","created_at":"2024-11-12T10:00:00Z"}"#;
const ANSWER: &str = r#"{"id":"m2","role":"assistant","content":"A blue kettle?","created_at":"2024-11-12T10:00:00Z","products":[7]}"#;
const THANKS: &str = r#"{"user_id":"ada","content":"Yes","timestamp":1731405700}"#;

#[tokio::test]
async fn history_arrives_in_its_order_with_its_times_and_a_second_run_adds_nothing() {
    let scene = scene().await;
    scene
        .push("session:s1:messages", &[HELLO, ANSWER, THANKS, THANKS])
        .await;
    let dry = scene.run(&["--dry-run"]).await;
    assert_eq!(dry.count("would be imported"), 4);
    assert!(
        scene.sessions().await.is_empty(),
        "a dry run writes nothing"
    );

    let first = scene.run(&[]).await;
    assert!(first.status.success(), "{}", first.summary);
    assert_eq!((first.count("imported"), first.count("rejected")), (4, 0));
    let [session] = &scene.sessions().await[..] else {
        panic!("one session");
    };
    let messages = scene.messages(session).await;
    let column = |name: &str| {
        messages
            .iter()
            .map(|message| message[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(column("content"), ["Hello", "A blue kettle?", "Yes", "Yes"]);
    assert_eq!(column("seq"), [1, 2, 3, 4]);
    assert_eq!(column("change"), [1, 2, 3, 4]);
    assert_eq!(column("role"), ["owner", "assistant", "owner", "owner"]);
    assert_eq!(messages[0]["user_id"], scene.ada.id);
    assert_eq!(messages[0]["created_at"], "2024-11-12T10:00:00.000000Z");
    assert_eq!(
        messages[1]["created_at"], "2024-11-12T10:00:00.000001Z",
        "after the one before"
    );
    assert_eq!(
        messages[1]["metadata"],
        json!({"imported": {"products": [7]}})
    );

    let second = scene.run(&[]).await;
    assert_eq!((second.count("imported"), second.count("already")), (0, 4));
    assert_eq!(scene.messages(session).await, messages);
    let length: i64 = scene
        .stack
        .keys()
        .await
        .llen("session:s1:messages")
        .await
        .unwrap();
    assert_eq!(length, 4, "the old list is as it was");
}

#[tokio::test]
async fn what_cannot_be_read_is_reported_and_the_rest_arrives() {
    let scene = scene().await;
    let no_text = r#"{"user_id":"ada","timestamp":1}"#;
    scene
        .push(
            "session:s1:messages",
            &["{", HELLO, no_text, r#"{"content":"x"}"#],
        )
        .await;
    let mut keys = scene.stack.keys().await;
    keys.set::<_, _, ()>("session:s2:messages", HELLO)
        .await
        .unwrap();
    keys.rpush::<_, _, ()>("session::messages", HELLO)
        .await
        .unwrap();
    keys.rpush::<_, _, ()>("other", HELLO).await.unwrap();
    let outcome = scene.run(&[]).await;
    assert_eq!(outcome.status.code(), Some(3), "{}", outcome.summary);
    assert_eq!(
        (outcome.count("imported"), outcome.count("rejected")),
        (1, 5)
    );
    let mut reasons: Vec<String> = outcome
        .rejected
        .iter()
        .map(|line| format!("{} {} {}", line["key"], line["index"], line["reason"]))
        .collect();
    reasons.sort();
    let expected = [
        ("session::messages", "null", "does not name a session"),
        ("session:s1:messages", "0", "not JSON"),
        ("session:s1:messages", "2", "no text"),
        ("session:s1:messages", "3", "no time"),
        ("session:s2:messages", "null", "a string and not a list"),
    ];
    for (reason, (key, index, what)) in reasons.iter().zip(expected) {
        assert!(
            reason.contains(key) && reason.contains(index) && reason.contains(what),
            "{reason}"
        );
    }
    assert_eq!(
        outcome
            .rejected
            .iter()
            .find(|line| line["index"] == 2)
            .unwrap()["entry"],
        no_text
    );
    assert_eq!(scene.sessions().await.len(), 1);

    let wrong = scene.run(&["--keys", "no star"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        wrong.summary.contains("exactly one star"),
        "{}",
        wrong.summary
    );
}

#[tokio::test]
async fn a_run_that_is_killed_is_gone_on_with() {
    let scene = scene().await;
    let mut keys = scene.stack.keys().await;
    for session in 0..40 {
        let entries: Vec<String> = (0..600)
            .map(|n| {
                format!(
                    r#"{{"id":"{session}-{n}","user_id":"ada","content":"{n}","timestamp":{}}}"#,
                    1_700_000_000 + n
                )
            })
            .collect();
        // As LPUSH leaves them, and as a page of 500 does not hold them.
        keys.lpush::<_, _, ()>(format!("session:{session}:messages"), entries)
            .await
            .unwrap();
    }
    let mut killed = scene.command(&[]).stdout(Stdio::null()).spawn().unwrap();
    while scene.stored().await == 0 {
        sleep(Duration::from_millis(2)).await;
    }
    killed.kill().await.unwrap();
    // What it said last may still be on its way to the disk.
    let at_work = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    while scene.count(at_work).await > 0 {
        sleep(Duration::from_millis(2)).await;
    }
    let stored = scene.stored().await;
    assert!(stored < 40 * 600, "it was killed in the middle");
    assert_eq!(stored % 100, 0, "a piece is there or is not: {stored}");

    let outcome = scene.run(&[]).await;
    assert_eq!(outcome.count("already"), stored);
    assert_eq!(outcome.count("imported"), 40 * 600 - stored);
    let holes = "SELECT count(*) FROM (SELECT session_id FROM messages GROUP BY session_id \
                 HAVING count(*) <> 600 OR min(seq) <> 1 OR max(seq) <> 600) s";
    assert_eq!(scene.count(holes).await, 0);
    let disorder = "SELECT count(*) FROM messages a JOIN messages b ON a.session_id = b.session_id AND b.seq = a.seq + 1 \
                    WHERE a.created_at >= b.created_at OR a.content::int + 1 <> b.content::int";
    assert_eq!(scene.count(disorder).await, 0);
    let wrong = "SELECT count(*) FROM sessions WHERE change <> 600";
    assert_eq!(scene.count(wrong).await, 0);
}

#[tokio::test]
async fn a_session_that_goes_on_in_the_new_service_gets_what_was_left_after_its_newest_message() {
    let scene = scene().await;
    scene.push("session:s1:messages", &[HELLO]).await;
    scene.run(&[]).await;
    let session = scene.sessions().await.remove(0);
    scene
        .ada
        .rest
        .send(&session, "new", "Here again")
        .await
        .ok();
    // The reader's list is filled, and must not hide what comes.
    assert_eq!(scene.messages(&session).await.len(), 2);
    scene.push("session:s1:messages", &[ANSWER]).await;
    let outcome = scene.run(&[]).await;
    assert_eq!(
        (outcome.count("imported"), outcome.count("another time")),
        (1, 1)
    );
    let messages = scene.messages(&session).await;
    let contents: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
    assert_eq!(contents, ["Hello", "Here again", "A blue kettle?"]);
    assert_eq!(messages[2]["seq"], 3);
    assert!(messages[1]["created_at"].as_str() < messages[2]["created_at"].as_str());
    let sent = scene.ada.rest.send(&session, "newer", "Thanks").await.ok();
    assert_eq!(sent["message"]["seq"], 4);
}

#[tokio::test]
async fn a_session_that_was_deleted_stays_so_and_the_others_arrive() {
    let scene = scene().await;
    scene.push("session:s1:messages", &[HELLO, ANSWER]).await;
    scene.run(&["--retention", "10d"]).await;
    let days = "SELECT (extract(epoch FROM expires_at - now()) / 86400)::bigint FROM sessions";
    assert_eq!(scene.count(days).await, 11, "a ninth more than retention");

    let session = scene.sessions().await.remove(0);
    scene.ada.rest.delete_session(&session).await.ok();
    scene.push("session:s2:messages", &[HELLO]).await;
    let outcome = scene.run(&[]).await;
    assert_eq!(outcome.status.code(), Some(3));
    assert_eq!(outcome.count("imported"), 1);
    assert_eq!(outcome.rejected[0]["key"], "session:s1:messages");
    assert_eq!(scene.sessions().await.len(), 1);
}

impl Scene {
    async fn count(&self, sql: &str) -> i64 {
        let database = self.stack.database().await;
        database.query_typed(sql, &[]).await.unwrap()[0].get(0)
    }

    async fn stored(&self) -> u64 {
        self.count("SELECT count(*) FROM messages").await as u64
    }
}

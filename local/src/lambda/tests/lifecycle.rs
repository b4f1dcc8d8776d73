//! What happens around the events of a process: its start, its freezing, and several events at once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Stage, value};

/// Answers as soon as so many events as the event says have been there at the same time, and says how many those were at most.
const POLLERS: &str = r#"
import threading
lock, at_once, most = threading.Lock(), 0, 0
def poller():
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    def call(method, path, body=None):
        api.request(method, "/2018-06-01/runtime/" + path, body)
        answer = api.getresponse()
        return answer.read(), answer.headers
    global at_once, most
    while True:
        event, headers = call("GET", "invocation/next")
        with lock:
            at_once += 1
            most = max(most, at_once)
        if json.loads(event) == "crash": os._exit(1)
        while most < json.loads(event): time.sleep(0.01)
        with lock: at_once -= 1
        call("POST", "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps([os.getpid(), most]))
for _ in range(int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"])): threading.Thread(target=poller).start()
"#;

fn concurrent() -> Stage {
    Stage::new(POLLERS, |function, options| {
        function.concurrency = Some(4);
        options.max_environments = 1;
    })
}

#[tokio::test]
async fn a_managed_instance_has_several_events_at_once_and_no_more_than_it_asks_for() {
    let mut stage = concurrent();
    stage.invoke(json!(0)).await;
    stage.until_idle(4).await;
    let answers = join_all((0..12).map(|_| stage.invoke(json!(4)))).await;
    let answers: Vec<_> = answers.iter().map(value).collect();
    assert!(
        answers.iter().all(|answer| answer[0] == answers[0][0]),
        "one process has all of them"
    );
    assert_eq!(
        answers.iter().map(|answer| answer[1].as_i64()).max(),
        Some(Some(4))
    );
    stage.until_idle(4).await;
    let reports = stage.log();
    let reports = reports.iter().filter(|line| line.starts_with("REPORT"));
    assert_eq!(reports.count(), 13);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_crash_of_a_managed_instance_fails_all_of_its_events_and_the_next_has_a_new_one() {
    let stage = concurrent();
    let before = value(&stage.invoke(json!(0)).await);
    stage.until_idle(4).await;
    // They are two, so the first waits for a third until it ends with the other.
    let (waits, crash) = tokio::join!(stage.invoke(json!(3)), stage.invoke(json!("crash")));
    assert!(waits.failed && crash.failed);
    assert_eq!(value(&waits)["errorType"], "Runtime.ExitError");
    assert_ne!(value(&stage.invoke(json!(0)).await)[0], before[0]);
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_managed_instance_without_work_is_reaped() {
    let stage = Stage::new(POLLERS, |_, options| {
        options.concurrency = 4;
        options.idle_timeout = Duration::from_secs(1);
    });
    stage.invoke(json!(0)).await;
    stage.until_idle(4).await;
    stage.until_idle(0).await;
    stage.lambda.stop().await;
}

/// Counts in the background, 100 times a second, and gives how far it has come.
const TICKING: &str = r#"
import threading
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.01)
threading.Thread(target=tick, daemon=True).start()
def handle(event, headers):
    time.sleep(event)
    return ticks
run(handle)"#;

async fn ticks_between_two_events(freeze: bool) -> i64 {
    let stage = Stage::new(TICKING, |_, options| options.freeze = freeze);
    let before = value(&stage.invoke(json!(0)).await).as_i64().unwrap();
    stage.until_idle(1).await;
    sleep(Duration::from_millis(500)).await;
    let after = value(&stage.invoke(json!(0)).await).as_i64().unwrap();
    // A frozen process is killed like any other.
    stage.until_idle(1).await;
    stage.lambda.stop().await;
    after - before
}

#[tokio::test]
async fn a_frozen_process_does_nothing_between_two_events() {
    let frozen = ticks_between_two_events(true).await;
    assert!(frozen <= 15, "{frozen} ticks while it was frozen");
    let awake = ticks_between_two_events(false).await;
    assert!(awake > 15, "{awake} ticks while it was not");
}

#[tokio::test]
async fn frozen_processes_answer_one_event_after_another() {
    let stage = Stage::new(super::ECHO, |_, options| options.freeze = true);
    for round in 0..50 {
        let answers = join_all((0..3).map(|_| stage.invoke(json!(round)))).await;
        assert!(answers.iter().all(|answer| value(answer) == json!(round)));
    }
    stage.lambda.stop().await;
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_tried_again_within_the_first_invocation() {
    let code = "
if not os.path.exists('again'):
    open('again', 'w').close()
    time.sleep(60)
time.sleep(0.3)
run(lambda event, headers: [event, headers['Lambda-Runtime-Deadline-Ms']])";
    let mut stage = Stage::new(code, |_, options| {
        // Enough for Python to come so far as to say that it has been there, on a busy machine too.
        options.init_timeout = Duration::from_secs(2);
    });
    let began = Instant::now();
    let answer = value(&stage.invoke(json!(7)).await);
    assert_eq!(answer[0], 7);
    assert!(began.elapsed() < Duration::from_secs(30));
    let deadline: i64 = answer[1].as_str().unwrap().parse().unwrap();
    let left = deadline - chrono::Utc::now().timestamp_millis();
    assert!(
        left <= 4_700,
        "the second start was within the five seconds, {left} ms are left"
    );
    stage.until_idle(1).await;
    let log = stage.log();
    let starts = log.iter().filter(|line| line.starts_with("INIT_START"));
    assert_eq!(starts.count(), 2);
    let failed = log
        .iter()
        .find(|line| line.starts_with("INIT_REPORT"))
        .unwrap();
    assert!(failed.ends_with("Phase: init\tStatus: timeout"), "{failed}");
    let report = log.iter().find(|line| line.starts_with("REPORT")).unwrap();
    let (_, duration) = report.split_once("Duration: ").unwrap();
    let duration: f64 = duration.split_once(' ').unwrap().0.parse().unwrap();
    assert!(
        duration >= 300.0 && !report.contains("Init Duration"),
        "{report}"
    );
    stage.lambda.stop().await;
}

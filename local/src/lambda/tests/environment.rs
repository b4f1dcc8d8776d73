//! What an environment knows of its events around its end, without a process.

use std::{io::pipe, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::{
    environment::Environment,
    exchange::{Asked, Stage, Watch},
    job::Job,
    outcome::Failure,
    output::Output,
    report::Phase,
    traits::Traits,
};
use crate::logs::Logs;

fn environment() -> Environment {
    let traits = Traits {
        function: "Fn".into(),
        generation: 0,
        timeout: Duration::from_secs(60),
        memory_mb: 128,
        process_id: None,
        phase: Phase::Init,
        is_concurrent: true,
        freezer: None,
        dials: Default::default(),
    };
    let (output, _) = pipe().unwrap();
    Environment::new(
        traits,
        Output::new(output, "Fn".into(), Logs::new()).unwrap(),
    )
}

/// Its caller has gone away.
fn job() -> Job {
    Job::new(Uuid::new_v4(), Bytes::new(), false, Instant::now()).0
}

fn asked(environment: &Environment) -> Asked {
    environment.next().unwrap().1
}

#[tokio::test]
async fn an_answer_during_the_kill_neither_revives_a_process_nor_is_counted_twice() {
    let environment = environment();
    assert_eq!(asked(&environment), Asked::First);
    let (first, second) = (job(), job());
    let (first_id, second_id) = (first.request_id, second.request_id);
    assert!(environment.begin(first).is_none() && environment.begin(second).is_none());
    assert_eq!(environment.end(), Stage::Busy);
    for id in [first_id, second_id] {
        let answer = environment.answer(&id.to_string(), None, Ok(Bytes::new()));
        assert_eq!(answer, Ok(()));
        assert_eq!(environment.stage(), Stage::Ended);
    }
    assert_eq!(asked(&environment), Asked::Again);
    assert!(environment.begin(job()).is_some(), "the job is given back");
    assert_eq!(environment.abandon(&Failure::killed()), 0);
}

#[tokio::test]
async fn what_is_left_after_the_kill_is_counted() {
    for refused in [false, true] {
        let environment = environment();
        assert_eq!(asked(&environment), Asked::First);
        assert!(environment.begin(job()).is_none() && environment.begin(job()).is_none());
        environment.end();
        let events = match refused {
            true => environment.refuse(),
            false => environment.abandon(&Failure::killed()),
        };
        assert_eq!(events, 2);
    }
}

#[tokio::test]
async fn a_start_that_was_given_up_never_becomes_ready() {
    let environment = environment();
    assert!(environment.give_up_start());
    assert_eq!(asked(&environment), Asked::Again);
    assert_eq!(environment.stage(), Stage::Ended);
}

#[tokio::test]
async fn a_start_that_ends_at_the_last_moment_is_not_given_up() {
    let environment = environment();
    assert_eq!(asked(&environment), Asked::First);
    assert!(!environment.give_up_start());
    assert_eq!(environment.stage(), Stage::Idle);
}

#[tokio::test]
async fn a_retired_process_gets_no_more_events_and_keeps_those_that_it_has() {
    let environment = environment();
    let idle = Duration::from_secs(60);
    asked(&environment);
    let running = job();
    let id = running.request_id.to_string();
    assert!(environment.begin(running).is_none());
    environment.retire();
    assert!(environment.begin(job()).is_some());
    assert!(matches!(
        environment.watch(Instant::now(), idle),
        Watch::Until(_)
    ));
    environment.answer(&id, None, Ok(Bytes::new())).unwrap();
    assert!(matches!(
        environment.watch(Instant::now(), idle),
        Watch::Retired
    ));
}

//! Every order in which the steps of writers, readers and a flush can follow one another: none makes the list say less than what was
//! acked, or something else than PostgreSQL does.
//!
//! The scripts are the real ones and run in a real Redis. PostgreSQL is a model, because nothing of it is in question: a commit is one
//! step, under the session's lock. After each step that touches the list it is read, without leaving a trace.

mod run;
mod scene;
mod scripts;
mod step;
mod world;

use redis::Value;
use tests::{Keys, TestStack};

use run::{Batch, Run};
use scene::{Scene, scenes};
use scripts::Scripts;
use step::Step::{self, Ack, Flush};

/// Every way to deal the actors' steps into one row, each actor's in its own order.
fn deal(actors: &mut [&[Step]], row: &mut Vec<Step>, visit: &mut impl FnMut(&[Step])) {
    let mut done = true;
    for actor in 0..actors.len() {
        if let [first, rest @ ..] = actors[actor] {
            done = false;
            let all = actors[actor];
            actors[actor] = rest;
            row.push(*first);
            deal(actors, row, visit);
            row.pop();
            actors[actor] = all;
        }
    }
    if done {
        visit(row);
    }
}

/// Rows that go to Redis at once: few enough for its client's patience on a machine with much else to do.
const BATCH: usize = 12;

/// What became of all orders.
#[derive(Debug, Default)]
struct Outcome {
    orders: usize,
    /// Readings that were answered from the list.
    hits: usize,
    /// The first reading that was wrong.
    wrong: Option<String>,
}

/// Runs every order of the actors' steps, from a list that is there or from none.
async fn every_order(keys: &mut Keys, scripts: &Scripts, scene: &Scene) -> Outcome {
    let mut rows = Vec::new();
    let mut actors: Vec<&[Step]> = scene.actors.iter().map(Vec::as_slice).collect();
    deal(&mut actors, &mut Vec::new(), &mut |row| {
        rows.push(row.to_vec());
    });
    let scripts = scripts.load(keys).await;
    let mut outcome = Outcome {
        orders: rows.len(),
        ..Outcome::default()
    };
    // A flush empties it soon enough.
    let flushed = scene.actors.contains(&vec![Flush]);
    for filled in [true, false].into_iter().take(2 - usize::from(flushed)) {
        for rows in rows.chunks(BATCH) {
            run(keys, &scripts, rows, filled, &mut outcome).await;
            if outcome.wrong.is_some() {
                return outcome;
            }
        }
    }
    outcome
}

async fn run(
    keys: &mut Keys,
    scripts: &Scripts,
    rows: &[Vec<Step>],
    filled: bool,
    outcome: &mut Outcome,
) {
    let (mut runs, mut batch) = (Vec::new(), Batch::default());
    for row in rows {
        let mut run = Run::new(scripts, batch);
        run.all(row, filled);
        batch = std::mem::take(&mut run.batch);
        runs.push(run);
    }
    let answers: Vec<Value> = batch.pipeline.query_async(keys).await.unwrap();
    for (run, row) in runs.iter().zip(rows) {
        let (last, _) = run.expected.last().unwrap();
        for (command, expected) in &run.expected {
            match run.check(&answers[*command], expected) {
                Ok(true) => outcome.hits += 1,
                // A writer that did not come back keeps everybody from the list, which is right.
                Ok(false) if command != last || row.contains(&Ack('a')) => {}
                Ok(false) => outcome.wrong = Some(format!("no list after {row:?}")),
                Err(wrong) => {
                    outcome.wrong = Some(format!("{wrong} in {row:?}, filled: {filled}"));
                    return;
                }
            }
        }
    }
}

#[tokio::test]
async fn no_order_of_steps_makes_the_list_lie() {
    let stack = TestStack::with().no_schedules().start().await;
    let mut keys = stack.keys().await;
    let scripts = Scripts::real();
    for scene in scenes() {
        let outcome = every_order(&mut keys, &scripts, &scene).await;
        let Outcome { orders, hits, .. } = outcome;
        println!("{}: {orders} orders, {hits} readings", scene.name);
        assert_eq!(outcome.wrong, None, "{}", scene.name);
        assert!(outcome.hits > 100, "{}", scene.name);
    }
}

/// The scenes find what they are for: without any one of its rules the list lies.
#[tokio::test]
async fn without_any_of_its_rules_the_list_lies() {
    let stack = TestStack::with().no_schedules().start().await;
    let mut keys = stack.keys().await;
    let real = Scripts::real();
    type Spoil = fn(&mut Scripts) -> (&mut String, &'static str, &'static str);
    let spoils: [(&str, Spoil); 9] = [
        ("an append leaves the lease", |s| {
            (&mut s.append, "redis.call('DEL', KEYS[5])\n", "")
        }),
        ("an append asks for no next number", |s| {
            (&mut s.append, "change ~= head + 1", "false")
        }),
        ("an edit stays where it was, too", |s| {
            (
                &mut s.append,
                "redis.call('ZREMRANGEBYSCORE', KEYS[2], ARGV[4], ARGV[4])",
                "0",
            )
        }),
        ("a full list keeps its floor", |s| {
            (&mut s.append, ", 'floor', oldest[#oldest])", ")")
        }),
        ("nobody counts the messages", |s| {
            (
                &mut s.read,
                "redis.call('ZCARD', KEYS[2]) == tonumber(state[5])",
                "true",
            )
        }),
        ("nobody looks at announcements", |s| {
            (&mut s.read, "if oldest[2] then", "if false then")
        }),
        ("a repetition is sure of the list", |s| {
            (
                &mut s.settle,
                "tonumber(state[1]) < tonumber(ARGV[2])",
                "false",
            )
        }),
        ("a repetition leaves the lease", |s| {
            (&mut s.settle, "redis.call('DEL', KEYS[5])\n", "")
        }),
        ("a refill needs no lease", |s| {
            (&mut s.fill, "~= ARGV[1] then", "== 'nobody' then")
        }),
    ];
    for (rule, spoil) in spoils {
        let mut scripts = real.clone();
        let (script, part, instead) = spoil(&mut scripts);
        assert!(script.contains(part), "{rule}: {part} is not in the script");
        *script = script.replace(part, instead);
        let mut found = None;
        for scene in scenes() {
            found = every_order(&mut keys, &scripts, &scene).await.wrong;
            if found.is_some() {
                break;
            }
        }
        println!("{rule}: {found:?}");
        assert!(found.is_some(), "nobody noticed: {rule}");
    }
}

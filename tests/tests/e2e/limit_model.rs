//! The limiter does what a list of times would, whose every entry is looked at: the same answers to any questions, at any times.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};
use tests::{Keys, TestStack};
use tokio::runtime::Runtime;

use super::limits::WINDOW;

const GIVE_BACK: &str = include_str!("../../../shared/src/limit/give_back.lua");
/// Where the script asks for the time, and its last argument instead.
const CLOCK: &str = "redis.call('TIME')";
const GIVEN: &str = "{ math.floor(ARGV[#ARGV] / 1000), ARGV[#ARGV] % 1000 * 1000 }";
/// Unix milliseconds.
const BEGIN: i64 = 1_795_521_600_000;

/// A limit, and everything that was counted under it: the time of a grain's first, and how many.
#[derive(Debug)]
struct Window {
    max: i64,
    period: i64,
    log: Vec<(i64, i64)>,
}

/// What can happen, so many milliseconds after what happened before.
#[derive(Debug, Clone)]
enum Step {
    Ask { after: i64 },
    GiveBack { limit: usize },
}

impl Window {
    fn grain(&self) -> i64 {
        if self.max > 128 {
            (self.period as u64).div_ceil(128) as i64
        } else {
            0
        }
    }

    fn leaves(&self, entry: (i64, i64)) -> i64 {
        entry.0 + self.period + self.grain()
    }

    fn live(&self, now: i64) -> Vec<(i64, i64)> {
        let live = self.log.iter().copied();
        live.filter(|entry| self.leaves(*entry) > now).collect()
    }

    /// Milliseconds until there is room for one more.
    fn wait(&self, now: i64) -> i64 {
        let live = self.live(now);
        let mut left = used(&live);
        let mut wait = 0;
        for entry in live {
            if left < self.max {
                break;
            }
            left -= entry.1;
            wait = self.leaves(entry) - now;
        }
        wait
    }

    fn count(&mut self, now: i64) {
        let grain = self.grain().max(1);
        self.log = self.live(now);
        match self.log.last_mut() {
            Some((time, count)) if now < *time + grain => *count += 1,
            _ => self.log.push((now, 1)),
        }
    }

    fn give_back(&mut self) -> i64 {
        let Some((_, count)) = self.log.last_mut() else {
            return 0;
        };
        *count -= 1;
        if *count == 0 {
            self.log.pop();
        }
        1
    }
}

fn used(log: &[(i64, i64)]) -> i64 {
    log.iter().map(|(_, count)| count).sum()
}

/// What the script's head says that it answers.
fn ask(windows: &mut [Window], now: i64) -> Vec<i64> {
    let allowed = windows
        .iter()
        .all(|window| used(&window.live(now)) < window.max);
    let mut answer = vec![i64::from(allowed)];
    for window in windows {
        let wait = window.wait(now);
        if allowed {
            window.count(now);
        }
        let live = window.live(now);
        let reset = live.last().map_or(0, |entry| window.leaves(*entry) - now);
        answer.extend([window.max - used(&live), reset, wait]);
    }
    answer
}

fn key(limit: usize) -> String {
    format!("{{test}}:limit:{limit}")
}

async fn ask_redis(keys: &mut Keys, windows: &[Window], now: i64) -> Vec<i64> {
    let mut command = redis::cmd("EVAL");
    command.arg(WINDOW.replace(CLOCK, GIVEN)).arg(windows.len());
    for limit in 0..windows.len() {
        command.arg(key(limit));
    }
    for window in windows {
        command.arg(window.max).arg(window.period);
    }
    command.arg(now).query_async(keys).await.unwrap()
}

async fn give_back(keys: &mut Keys, limit: usize) -> i64 {
    let mut command = redis::cmd("EVAL");
    command.arg(GIVE_BACK).arg(1).arg(key(limit));
    command.query_async(keys).await.unwrap()
}

/// Plays the steps to both. Says where they differ.
async fn play(keys: &mut Keys, limits: &[(i64, i64)], steps: &[Step]) -> Result<(), TestCaseError> {
    for limit in 0..limits.len() {
        let mut delete = redis::cmd("DEL");
        delete.arg(key(limit)).exec_async(keys).await.unwrap();
    }
    let limits = limits.iter();
    let mut windows: Vec<Window> = limits
        .map(|&(max, period)| Window {
            max,
            period,
            log: Vec::new(),
        })
        .collect();
    let mut now = BEGIN;
    for step in steps {
        match *step {
            Step::Ask { after } => {
                now += after;
                let answer = ask_redis(keys, &windows, now).await;
                prop_assert_eq!(answer, ask(&mut windows, now), "{} ms", now - BEGIN);
            }
            Step::GiveBack { limit } => {
                let limit = limit % windows.len();
                let answer = give_back(keys, limit).await;
                prop_assert_eq!(answer, windows[limit].give_back());
            }
        }
    }
    Ok(())
}

#[test]
fn the_limiter_answers_as_a_list_of_all_times_does() {
    assert!(WINDOW.contains(CLOCK), "the script's clock can be replaced");
    let runtime = Runtime::new().unwrap();
    let stack = runtime.block_on(TestStack::with().no_schedules().start());
    let keys = runtime.block_on(stack.keys());
    // No period ends while this runs, so no key ends by itself before its time.
    let limit = (
        select(vec![1, 2, 5, 10, 127, 128, 129, 200, 1_000]),
        select(vec![60_000, 300_000, 86_400_000]),
    );
    // Many at once, few now and then, a period to the millisecond, and long breaks.
    let after = prop_oneof![
        4 => Just(0),
        4 => 1..20_i64,
        2 => 100..9_000_i64,
        1 => 59_999..=60_001_i64,
        1 => 60_000..700_000_i64,
    ];
    let step = prop_oneof![
        6 => after.prop_map(|after| Step::Ask { after }),
        1 => (0..3_usize).prop_map(|limit| Step::GiveBack { limit }),
    ];
    let mut runner = TestRunner::new(ProptestConfig::with_cases(60));
    let cases = (vec(limit, 1..=3), vec(step, 1..300));
    let outcome = runner.run(&cases, |(limits, steps)| {
        runtime.block_on(play(&mut keys.clone(), &limits, &steps))
    });
    outcome.unwrap();
}

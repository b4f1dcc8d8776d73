//! Every order in which the steps of writers, readers and a flush can follow one another: none makes the list say less than what was
//! acked, or something else than PostgreSQL does.
//!
//! The scripts are the real ones and run in a real Redis. PostgreSQL is a model, because nothing of it is in question: a commit is one
//! step, under the session's lock. After each step that touches the list it is read, without leaving a trace.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use redis::{Pipeline, Value};
use tests::{Keys, TestStack};

/// One atomic step of somebody, named by a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A writer warns readers.
    Announce(char),
    /// PostgreSQL takes a new message of the writer's.
    Send(char),
    /// PostgreSQL takes the writer's alteration of a message, named by its seq.
    Alter(char, i64),
    /// The writer puts what was committed into the list, and acks.
    Append(char),
    /// The writer cannot reach Redis any more, and acks all the same.
    Ack(char),
    /// The writer, whose connection broke at the commit, has asked again and found it done; it acks that.
    Settle(char),
    /// A reader reads, and takes a lease if it is to be had.
    Read(char),
    /// PostgreSQL answers the reader.
    Snapshot(char),
    /// The reader fills the list.
    Fill(char),
    /// Redis loses everything.
    Flush,
}

use Step::{Ack, Alter, Announce, Append, Fill, Flush, Read, Send, Settle, Snapshot};

fn sends(who: char) -> Vec<Step> {
    vec![Announce(who), Send(who), Append(who)]
}

fn alters(who: char, seq: i64) -> Vec<Step> {
    vec![Announce(who), Alter(who, seq), Append(who)]
}

fn refills(who: char) -> Vec<Step> {
    vec![Read(who), Snapshot(who), Fill(who)]
}

/// The scripts, which a test may spoil.
#[derive(Clone)]
struct Scripts {
    announce: String,
    append: String,
    settle: String,
    read: String,
    fill: String,
    give_back: String,
}

macro_rules! script {
    ($name:literal) => {
        include_str!(concat!("../../../../shared/src/session/recent/", $name)).to_owned()
    };
}

impl Scripts {
    /// The same by their digests, as Redis has them now.
    async fn load(&self, keys: &mut Keys) -> Self {
        let mut loaded = self.clone();
        for script in [
            &mut loaded.announce,
            &mut loaded.append,
            &mut loaded.settle,
            &mut loaded.read,
            &mut loaded.fill,
            &mut loaded.give_back,
        ] {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(&*script);
            *script = load.query_async(keys).await.unwrap();
        }
        loaded
    }

    fn real() -> Self {
        Self {
            announce: script!("announce.lua"),
            append: script!("append.lua"),
            settle: script!("settle.lua"),
            read: script!("read.lua"),
            fill: script!("fill.lua"),
            give_back: script!("give_back.lua"),
        }
    }
}

/// A message's state: its latest change, and a text that no other state has.
type State = BTreeMap<i64, (i64, String)>;

/// The list keeps so many messages: few, so that it is full.
const CAPACITY: i64 = 3;
const FIRST: i64 = 4;
const EPOCH: &str = "epoch";

/// PostgreSQL, every state that it had, and who knows what.
struct World {
    /// By the number of the newest change.
    states: BTreeMap<i64, State>,
    head: i64,
    /// The newest change that was acked.
    acked: i64,
    /// By writer: the change, the message's change before, the message.
    written: BTreeMap<char, (i64, i64, String)>,
    /// By reader: the head of what PostgreSQL told.
    told: BTreeMap<char, i64>,
}

impl World {
    fn new() -> Self {
        let messages = (1..=FIRST).map(|seq| (seq, (seq, format!("m{seq} r1"))));
        Self {
            states: BTreeMap::from([(FIRST, messages.collect())]),
            head: FIRST,
            acked: FIRST,
            written: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    fn commit(&mut self, who: char, seq: Option<i64>) {
        let mut state = self.states[&self.head].clone();
        self.head += 1;
        let seq = seq.unwrap_or(self.head);
        let text = format!("m{seq} c{}", self.head);
        let was = state.insert(seq, (self.head, text.clone()));
        let was = was.map_or(0, |(change, _)| change);
        self.states.insert(self.head, state);
        self.written.insert(who, (self.head, was, text));
    }

    /// What a list with this head and floor has to hold, in its order.
    fn after(&self, head: i64, floor: i64) -> Vec<(i64, String)> {
        let mut messages: Vec<_> = self.states[&head].values().cloned().collect();
        messages.retain(|(change, _)| *change > floor);
        messages.sort_unstable();
        messages
    }
}

/// What a reading right after a step has to be.
struct Expected {
    acked: i64,
    head: i64,
}

/// What goes to Redis at once.
#[derive(Default)]
struct Batch {
    pipeline: Pipeline,
    commands: usize,
}

/// One order of steps, on its way through Redis.
struct Run<'s> {
    scripts: &'s Scripts,
    batch: Batch,
    keys: [String; 5],
    world: World,
    /// By the number of a command in the batch.
    expected: Vec<(usize, Expected)>,
}

impl<'s> Run<'s> {
    fn new(scripts: &'s Scripts, batch: Batch) -> Self {
        static SESSIONS: AtomicUsize = AtomicUsize::new(0);
        let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
        // All in one hash slot, so that a cluster takes them in one pipeline.
        let key = |part: &str| format!("{{s}}:{number}:{part}");
        Self {
            scripts,
            batch,
            keys: ["state", "recent", "members", "sends", "lease"].map(key),
            world: World::new(),
            expected: Vec::new(),
        }
    }

    fn eval(&mut self, script: &str, keys: &[usize], arguments: &[String]) {
        let command = self.batch.pipeline.cmd("EVALSHA");
        command.arg(script).arg(keys.len());
        for key in keys {
            command.arg(&self.keys[*key]);
        }
        command.arg(arguments);
        self.batch.commands += 1;
    }

    fn read(&mut self, lease: &str) {
        let arguments = ["user", "-1", "", lease, "30000", "3000"].map(str::to_owned);
        self.eval(&self.scripts.read, &[0, 1, 2, 3, 4], &arguments);
    }

    fn fill(&mut self, lease: char, head: i64) {
        let floor = (head - CAPACITY).max(0);
        let far = i64::MAX / 4_096;
        let mut arguments = vec![
            lease.to_string(),
            head.to_string(),
            floor.to_string(),
            EPOCH.to_owned(),
            far.to_string(),
        ];
        arguments.extend(["60", "60", "1", "user", "owner"].map(str::to_owned));
        for (change, text) in self.world.after(head, floor) {
            arguments.extend([change.to_string(), text]);
        }
        self.eval(&self.scripts.fill, &[0, 1, 2, 4], &arguments);
    }

    fn step(&mut self, step: Step) {
        match step {
            Announce(who) => {
                let arguments = [who.to_string(), "60".to_owned()];
                self.eval(&self.scripts.announce, &[3], &arguments);
            }
            Send(who) => self.world.commit(who, None),
            Alter(who, seq) => self.world.commit(who, Some(seq)),
            Append(who) => {
                let (change, was, text) = self.world.written[&who].clone();
                let arguments = [
                    who.to_string(),
                    change.to_string(),
                    text,
                    was.to_string(),
                    EPOCH.to_owned(),
                    CAPACITY.to_string(),
                    "60".to_owned(),
                ];
                self.eval(&self.scripts.append, &[0, 1, 2, 3, 4], &arguments);
                self.world.acked = self.world.acked.max(change);
            }
            Ack(who) => self.world.acked = self.world.acked.max(self.world.written[&who].0),
            Settle(who) => {
                let change = self.world.written[&who].0;
                let arguments = [who.to_string(), change.to_string(), EPOCH.to_owned()];
                self.eval(&self.scripts.settle, &[0, 1, 2, 3, 4], &arguments);
                self.world.acked = self.world.acked.max(change);
            }
            Read(who) => self.read(&who.to_string()),
            Snapshot(who) => {
                self.world.told.insert(who, self.world.head);
            }
            // The script itself finds out whether the reader was given the lease.
            Fill(who) => self.fill(who, self.world.told[&who]),
            Flush => {
                self.batch.pipeline.cmd("DEL").arg(&self.keys);
                self.batch.commands += 1;
            }
        }
    }

    /// Reads the list as somebody else would, and gives the lease back if one was had.
    fn peek(&mut self) {
        let (acked, head) = (self.world.acked, self.world.head);
        self.expected
            .push((self.batch.commands, Expected { acked, head }));
        self.read("peek");
        self.eval(&self.scripts.give_back, &[4], &["peek".to_owned()]);
    }

    fn all(&mut self, steps: &[Step], filled: bool) {
        if filled {
            self.read("0");
            self.fill('0', FIRST);
        }
        for step in steps {
            self.step(*step);
            if matches!(step, Append(_) | Ack(_) | Settle(_) | Fill(_) | Flush) {
                self.peek();
            }
        }
        // Whoever reads next has a whole list.
        self.read("z");
        self.fill('z', self.world.head);
        self.peek();
    }

    /// What is wrong with a reading, if anything.
    fn check(&self, reading: &Value, expected: &Expected) -> Result<bool, String> {
        let texts: Vec<String> =
            redis::from_redis_value(reading.clone()).map_err(|e| e.to_string())?;
        if texts[0] != "hit" {
            return Ok(false);
        }
        let number = |text: &str| text.parse::<i64>().map_err(|error| error.to_string());
        let (head, floor) = (number(&texts[1])?, number(&texts[2])?);
        if head < expected.acked || head > expected.head {
            return Err(format!("head {head}, acked {}", expected.acked));
        }
        let mut held = Vec::new();
        for pair in texts[4..].chunks(2) {
            held.push((number(&pair[1])?, pair[0].clone()));
        }
        let right = self.world.after(head, floor);
        (held == right)
            .then_some(true)
            .ok_or_else(|| format!("{held:?} and not {right:?} after {floor} up to {head}"))
    }
}

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

/// Who meets whom.
struct Scene {
    name: &'static str,
    actors: Vec<Vec<Step>>,
}

/// The small ones first. Message 3 is in the list, message 1 is not.
fn scenes() -> Vec<Scene> {
    let repeats = |who: char| vec![Announce(who), Send(who), Settle(who)];
    // Redis was away for the announcement, and there for the rest.
    let unannounced = |who: char| vec![Send(who), Append(who)];
    let scene = |name, actors| Scene { name, actors };
    vec![
        scene(
            "a send that could not be appended, and two refills",
            vec![
                vec![Announce('a'), Send('a'), Ack('a')],
                refills('r'),
                refills('s'),
            ],
        ),
        scene(
            "a send that could not be announced, an edit and a refill",
            vec![unannounced('a'), alters('e', 4), refills('r')],
        ),
        scene(
            "two edits of one message and a refill",
            vec![alters('d', 3), alters('e', 3), refills('r')],
        ),
        scene(
            "an edit of something old and two refills",
            vec![alters('e', 1), refills('r'), refills('s')],
        ),
        scene(
            "a send whose connection broke, another send and a refill",
            vec![repeats('a'), sends('e'), refills('r')],
        ),
        scene(
            "a send, an edit, a slow refill and a flush",
            vec![sends('a'), alters('e', 3), refills('r'), vec![Flush]],
        ),
    ]
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
    let spoils: [(&str, Spoil); 8] = [
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
                "",
            )
        }),
        ("a full list keeps its floor", |s| {
            (
                &mut s.append,
                "redis.call('HSET', KEYS[1], 'floor', oldest[#oldest])",
                "",
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

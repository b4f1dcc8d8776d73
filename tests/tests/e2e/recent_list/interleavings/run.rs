//! One order of steps, on its way through Redis.

use std::sync::atomic::{AtomicUsize, Ordering};

use redis::{Pipeline, Value};

use super::{
    scripts::Scripts,
    step::Step::{
        self, Ack, Alter, Announce, Append, Evict, Fill, Flush, Read, Send, Settle, Snapshot,
    },
    world::{CAPACITY, EPOCH, FIRST, World},
};

/// What a reading right after a step has to be.
pub(super) struct Expected {
    acked: i64,
    head: i64,
}

/// What goes to Redis at once.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) pipeline: Pipeline,
    commands: usize,
}

/// One order of steps, on its way through Redis.
pub(super) struct Run<'s> {
    scripts: &'s Scripts,
    pub(super) batch: Batch,
    keys: [String; 5],
    world: World,
    /// By the number of a command in the batch.
    pub(super) expected: Vec<(usize, Expected)>,
}

impl<'s> Run<'s> {
    pub(super) fn new(scripts: &'s Scripts, batch: Batch) -> Self {
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
            Evict => {
                self.batch.pipeline.cmd("DEL").arg(&self.keys[1]);
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

    pub(super) fn all(&mut self, steps: &[Step], filled: bool) {
        if filled {
            self.read("0");
            self.fill('0', FIRST);
        }
        for step in steps {
            self.step(*step);
            if matches!(
                step,
                Append(_) | Ack(_) | Settle(_) | Fill(_) | Flush | Evict
            ) {
                self.peek();
            }
        }
        // Whoever reads next has a whole list.
        self.read("z");
        self.fill('z', self.world.head);
        self.peek();
    }

    /// What is wrong with a reading, if anything.
    pub(super) fn check(&self, reading: &Value, expected: &Expected) -> Result<bool, String> {
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

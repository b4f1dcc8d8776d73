//! A device: one task, which has a socket most of the time.

mod asking;
mod load;
mod pinging;
mod socket;
mod syncing;
mod wish;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::task::TaskTracker;

use super::{
    Account, Names, Patience, Shown, View,
    line::{Heard, Line},
    outbox::Outbox,
    read,
};
use crate::{
    history::{self, Push, Recorder, Session, What},
    plan::Wish,
};
use load::Loaded;
use syncing::Syncing;

/// How often a device looks at its clocks.
const TICK: Duration = Duration::from_millis(25);

/// A device of a user; ends when it is dropped.
#[derive(Debug)]
pub struct Device {
    /// Its name.
    pub name: history::Device,
    inputs: mpsc::UnboundedSender<Input>,
    task: JoinHandle<()>,
}

/// What a device is told by its user.
#[derive(Debug)]
pub enum Command {
    /// Do this.
    Wish(Wish),
    /// Say something in every session.
    Greet,
    /// Vanish without a word, and come back after so long.
    Vanish(Duration),
    /// You are in this session now.
    Joined(Session),
    /// Tell what you have.
    Snapshot(oneshot::Sender<Snapshot>),
}

/// What a device has.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// By session.
    pub views: BTreeMap<Session, View>,
    /// How many requests are not settled, and how many sessions are being loaded.
    pub unsettled: usize,
    /// Whether it has a socket.
    pub is_open: bool,
}

#[derive(Debug)]
enum Input {
    Command(Command),
    Opened(u64, Result<Line, String>),
    Heard(u64, Heard),
    Loaded(Session, Loaded),
}

/// The task.
struct Actor {
    name: history::Device,
    account: Account,
    names: Arc<Names>,
    recorder: Arc<Recorder>,
    patience: Patience,
    inputs: mpsc::UnboundedSender<Input>,
    views: BTreeMap<Session, View>,
    line: Option<Line>,
    /// The number of the socket that is being opened.
    opening: Option<u64>,
    /// Not before then.
    reopen: Instant,
    failures: u32,
    outbox: Outbox,
    ping_at: Instant,
    pong_by: Option<Instant>,
    /// When the ping on its way left, by the recorder's clock, and its cursors; none if there are two, whose pongs look alike.
    pinged: Option<(u64, Vec<(Session, i64)>)>,
    /// Sessions to sync, and since when; a hole waits for a while.
    to_sync: BTreeMap<Session, Instant>,
    syncing: Option<Syncing>,
    /// Sessions of which something is on its way over REST, with the pushes that came meanwhile.
    loading: BTreeMap<Session, Vec<Push>>,
    /// Requests that were settled, for repeating.
    settled: Vec<history::Request>,
    keys: u64,
    /// Sends over REST, which go on beside the socket.
    tasks: TaskTracker,
}

impl Device {
    /// Starts one that knows of these sessions. What it sends over REST runs in `tasks`.
    pub fn start(
        name: history::Device,
        account: Account,
        names: Arc<Names>,
        recorder: Arc<Recorder>,
        patience: Patience,
        sessions: &BTreeSet<Session>,
        tasks: TaskTracker,
    ) -> Self {
        let (inputs, mut received) = mpsc::unbounded_channel();
        let now = Instant::now();
        let mut actor = Actor {
            name,
            account,
            names,
            recorder,
            patience,
            inputs: inputs.clone(),
            views: BTreeMap::new(),
            line: None,
            opening: None,
            reopen: now,
            failures: 0,
            outbox: Outbox::default(),
            ping_at: now,
            pong_by: None,
            pinged: None,
            to_sync: BTreeMap::new(),
            syncing: None,
            loading: BTreeMap::new(),
            settled: Vec::new(),
            keys: 0,
            tasks,
        };
        for session in sessions {
            actor.load(*session);
        }
        let task = tokio::spawn(async move {
            let mut tick = interval(TICK);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    Some(input) = received.recv() => actor.take(input),
                    _ = tick.tick() => actor.tick(),
                }
            }
        });
        Self { name, inputs, task }
    }

    /// Tells it something.
    pub fn tell(&self, command: Command) {
        // One that has ended needs to know nothing.
        drop(self.inputs.send(Input::Command(command)));
    }

    /// What it has.
    pub async fn snapshot(&self) -> Option<Snapshot> {
        let (sender, answer) = oneshot::channel();
        self.tell(Command::Snapshot(sender));
        answer.await.ok()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Actor {
    fn take(&mut self, input: Input) {
        match input {
            Input::Command(command) => self.command(command),
            Input::Opened(number, line) => self.opened(number, line),
            Input::Heard(number, heard) if self.is_current(number) => match heard {
                Heard::Frame(text) => self.frame(number, &text),
                Heard::Ended(how) => self.lost(&how),
            },
            // Of a socket that was given up.
            Input::Heard(..) => {}
            Input::Loaded(session, loaded) => self.loaded(session, loaded),
        }
    }

    fn is_current(&self, number: u64) -> bool {
        self.line.as_ref().is_some_and(|line| line.number == number)
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Wish(wish) => self.wish(wish),
            Command::Greet => self.greet(),
            Command::Vanish(during) => {
                self.lost("vanished");
                self.reopen = Instant::now() + during;
            }
            Command::Joined(session) => {
                if !self.views.contains_key(&session) {
                    self.load(session);
                }
            }
            Command::Snapshot(sender) => {
                let snapshot = Snapshot {
                    views: self.views.clone(),
                    unsettled: self.outbox.waiting.len() + self.loading.len(),
                    is_open: self.line.is_some(),
                };
                // Who asked may have given up.
                drop(sender.send(snapshot));
            }
        }
    }

    /// Opens what is closed, sends what is due, and gives up what does not come.
    fn tick(&mut self) {
        let now = Instant::now();
        if self.line.is_none() {
            if self.opening.is_none() && now >= self.reopen {
                self.open();
            }
            return;
        }
        if self.pong_by.is_some_and(|by| now > by) {
            return self.lost("no pong");
        }
        self.give_up_late_answers(now);
        if now >= self.ping_at {
            self.ping(now);
        }
        self.ask_next();
        self.sync(now);
    }

    fn give_up_late_answers(&mut self, now: Instant) {
        let patience = self.patience.answer;
        let is_late = |since: Instant| now.duration_since(since) > patience;
        if self
            .outbox
            .in_flight
            .as_ref()
            .is_some_and(|flight| is_late(flight.since))
        {
            self.unknown("no answer");
        }
        if self
            .syncing
            .as_ref()
            .is_some_and(|syncing| is_late(syncing.since))
        {
            self.sync_again(now);
        }
    }

    fn frame(&mut self, socket: u64, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        match frame["type"].as_str().unwrap_or_default() {
            "pong" => self.pong(&frame),
            "ack" => self.answered(&frame, read::ack(&frame, frame["rate"].is_object())),
            "error" => self.refused(&frame),
            "sync" => self.synced(&frame),
            "message" | "message_updated" | "message_deleted" => self.pushed(socket, &frame),
            // Hints, and what the gateway says by itself: a time-out decides what became of a request.
            _ => {}
        }
    }

    fn pushed(&mut self, socket: u64, frame: &Value) {
        let message = &frame["message"];
        let session = message["session_id"]
            .as_str()
            .and_then(|id| self.names.session(id));
        let (Some(session), Some(seen), Some(prev)) = (
            session,
            read::seen(&self.names, message),
            frame["prev"].as_i64(),
        ) else {
            return;
        };
        let push = Push { seen, prev };
        self.recorder.note(What::Pushed {
            to: self.name,
            socket,
            session,
            push: push.clone(),
        });
        self.show(session, push, read::token(frame));
    }

    /// Shows a push or an ack.
    fn show(&mut self, session: Session, push: Push, token: Option<Value>) {
        if let Some(waiting) = self.loading.get_mut(&session) {
            waiting.push(push.clone());
        }
        let Some(view) = self.views.get_mut(&session) else {
            // A session that it did not know of.
            if !self.loading.contains_key(&session) {
                self.load(session);
            }
            return;
        };
        if view.push(push, token) == Shown::Hole {
            self.to_sync
                .entry(session)
                .or_insert(Instant::now() + self.patience.hole);
        }
    }

    fn reset(&mut self, session: Session) {
        self.recorder.note(What::Reset {
            device: self.name,
            session,
        });
        self.views.remove(&session);
        self.load(session);
    }

    fn leave(&mut self, session: Session) {
        self.views.remove(&session);
        self.to_sync.remove(&session);
        self.loading.remove(&session);
    }
}

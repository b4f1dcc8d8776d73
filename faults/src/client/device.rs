//! A device: one task, which has a socket most of the time.

mod asking;
mod load;
mod wish;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use rand::RngExt;
use reqwest::Method;
use serde_json::{Map, Value, json};
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
    history::{self, Push, Recorder, Session, Source, What},
    plan::Wish,
};
use load::Loaded;

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

/// A `sync` on its way.
struct Syncing {
    id: String,
    since: Instant,
    asked: u64,
    cursors: BTreeMap<Session, i64>,
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

    fn open(&mut self) {
        let number = self.recorder.number();
        self.opening = Some(number);
        let (account, inputs) = (self.account.clone(), self.inputs.clone());
        let body = json!({"device_id": format!("device-{}", self.name.number)});
        tokio::spawn(async move {
            let open = async {
                let ticket = account
                    .ask(Method::POST, "/api/auth/ticket", &[], Some(&body))
                    .await;
                let ticket = ticket.map_err(|error| format!("{error:?}"))?;
                let text = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
                let url = format!("{}?ticket={}", text("url"), text("ticket"));
                let hears = inputs.clone();
                // A device that has ended hears nothing.
                Line::open(number, &url, move |heard| {
                    drop(hears.send(Input::Heard(number, heard)))
                })
                .await
            };
            let line = open.await;
            drop(inputs.send(Input::Opened(number, line)));
        });
    }

    fn opened(&mut self, number: u64, line: Result<Line, String>) {
        if self.opening != Some(number) {
            return;
        }
        self.opening = None;
        let Ok(line) = line else {
            return self.reconnect_later();
        };
        self.recorder.note(What::Opened {
            device: self.name,
            socket: number,
        });
        let now = Instant::now();
        (self.line, self.failures) = (Some(line), 0);
        (self.pong_by, self.pinged) = (None, None);
        // The cursors tell more after the sync that follows; a ping at once costs nothing and proves the line.
        self.ping_at = now + self.patience.ping;
        self.to_sync = self.views.keys().map(|session| (*session, now)).collect();
    }

    /// The socket is over, whoever noticed.
    fn lost(&mut self, how: &str) {
        self.opening = None;
        if let Some(line) = self.line.take() {
            self.recorder.note(What::Ended {
                device: self.name,
                socket: line.number,
                how: how.to_owned(),
            });
        }
        self.syncing = None;
        self.unknown("the socket ended");
        self.reconnect_later();
    }

    /// Full jitter, as docs/PROTOCOL.md asks for.
    fn reconnect_later(&mut self) {
        let longest = Duration::from_millis(500) * 2_u32.pow(self.failures.min(6));
        self.failures += 1;
        let longest = longest.min(self.patience.reconnect);
        self.reopen = Instant::now() + longest.mul_f64(rand::rng().random_range(0.0..1.0));
    }

    fn send(&self, frame: &Value) {
        if let Some(line) = &self.line {
            line.send(frame);
        }
    }

    fn ping(&mut self, now: Instant) {
        let cursors: Map<_, _> = self
            .views
            .iter()
            .map(|(session, view)| (self.names.session_id(*session), view.cursor_to_send()))
            .collect();
        let had = self.views.iter();
        let had = had.map(|(session, view)| (*session, view.cursor()));
        let pinged = (self.recorder.now(), had.collect());
        self.pinged = self.pong_by.is_none().then_some(pinged);
        self.send(&json!({"type": "ping", "cursors": cursors}));
        self.ping_at = now + self.patience.ping;
        self.pong_by.get_or_insert(now + self.patience.answer);
    }

    fn sync(&mut self, now: Instant) {
        if self.syncing.is_some() || self.outbox.must_repeat() {
            return;
        }
        let due: Vec<_> = self
            .to_sync
            .iter()
            .filter(|(session, at)| **at <= now && !self.loading.contains_key(session))
            .map(|(session, _)| *session)
            .collect();
        let cursors: BTreeMap<_, _> = due
            .iter()
            .filter_map(|session| Some((*session, self.views.get(session)?.cursor())))
            .collect();
        if cursors.is_empty() {
            return;
        }
        self.to_sync
            .retain(|session, _| !cursors.contains_key(session));
        let id = format!("s-{}", self.recorder.number());
        let sent: Map<_, _> = cursors
            .keys()
            .map(|session| {
                (
                    self.names.session_id(*session),
                    self.views[session].cursor_to_send(),
                )
            })
            .collect();
        self.syncing = Some(Syncing {
            id: id.clone(),
            since: now,
            asked: self.recorder.now(),
            cursors,
        });
        self.send(&json!({"type": "sync", "id": id, "cursors": sent}));
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

    fn sync_again(&mut self, at: Instant) {
        if let Some(syncing) = self.syncing.take() {
            self.to_sync
                .extend(syncing.cursors.into_keys().map(|session| (session, at)));
        }
    }

    fn frame(&mut self, socket: u64, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        match frame["type"].as_str().unwrap_or_default() {
            "pong" => self.pong(&frame),
            "ack" => self.answered(&frame, read::ack(&frame)),
            "error" => self.refused(&frame),
            "sync" => self.synced(&frame),
            "message" | "message_updated" | "message_deleted" => self.pushed(socket, &frame),
            // Hints, and what the gateway says by itself: a time-out decides what became of a request.
            _ => {}
        }
    }

    fn pong(&mut self, frame: &Value) {
        self.pong_by = None;
        let named = frame["behind"].as_array();
        let named = named.map(Vec::as_slice).unwrap_or_default();
        let behind: Vec<_> = named
            .iter()
            .filter_map(|id| self.names.session(id.as_str()?))
            .collect();
        let now = Instant::now();
        self.to_sync
            .extend(behind.iter().map(|session| (*session, now)));
        if let Some((asked, cursors)) = self.pinged.take() {
            self.recorder.note(What::Ponged {
                to: self.name,
                asked,
                cursors,
                behind,
            });
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

    fn synced(&mut self, frame: &Value) {
        let Some(syncing) = self
            .syncing
            .take_if(|syncing| frame["id"] == syncing.id.as_str())
        else {
            return;
        };
        for page in frame["sessions"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
        {
            let session = page["session_id"]
                .as_str()
                .and_then(|id| self.names.session(id));
            let Some((session, after)) =
                session.and_then(|session| Some((session, *syncing.cursors.get(&session)?)))
            else {
                continue;
            };
            match page["error"].as_str() {
                None => self.page(session, Source::Sync, syncing.asked, after, page),
                Some("reset") => self.reset(session),
                // Shown out, or it ended.
                Some(_) => self.leave(session),
            }
        }
    }

    fn page(&mut self, session: Session, source: Source, asked: u64, after: i64, page: &Value) {
        let seen = read::page(&self.names, &page["messages"]);
        let (Some(change), Some(complete)) = (page["change"].as_i64(), page["complete"].as_bool())
        else {
            return;
        };
        self.recorder.note(What::Paged {
            to: self.name,
            session,
            source,
            asked,
            after,
            seen: seen.clone(),
            change,
            complete,
        });
        if let Some(view) = self.views.get_mut(&session) {
            view.page(after, seen, change, read::token(page));
        }
        if !complete {
            self.catch_up(session, change, read::token(page));
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

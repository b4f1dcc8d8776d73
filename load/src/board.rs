//! What is on its way, what has come where, and whether all of it is right.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Serialize;
use tokio::sync::oneshot;

use crate::figures::Times;

/// Everything that is known of the messages of a run. Locks are held for a few steps and never over an await.
#[derive(Debug)]
pub(crate) struct Board {
    next: AtomicU64,
    pending: Mutex<HashMap<u64, Pending>>,
    sessions: Vec<Mutex<Told>>,
    recording: Mutex<Recording>,
}

/// A message that is on its way.
#[derive(Debug)]
struct Pending {
    due: Instant,
    /// Devices that have not shown it yet; the sender's shows it with the ack.
    devices_left: usize,
    acked: Option<oneshot::Sender<()>>,
}

/// What the devices of a session have told.
#[derive(Debug, Default)]
struct Told {
    devices: usize,
    /// Which message stands at a `seq`, and how many devices show it there.
    places: HashMap<i64, (u64, usize)>,
    acked: HashSet<i64>,
}

/// What has been measured in a window.
#[derive(Debug)]
pub(crate) struct Recording {
    began: Instant,
    pub(crate) acks: Times,
    pub(crate) deliveries: Times,
    pub(crate) last_deliveries: Times,
    /// Acks by the second in which they were due.
    pub(crate) seconds: BTreeMap<u64, Times>,
    /// Refusals, by code, and what else went wrong.
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) faults: Faults,
    pub(crate) frames: u64,
    /// Frames that came after one with a higher `seq`.
    pub(crate) crossed: u64,
}

/// What must not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Faults {
    /// Acked, and not come to a device.
    pub(crate) lost: u64,
    /// Come twice to a device.
    pub(crate) doubled: u64,
    /// Two devices show different messages at one place.
    pub(crate) disordered: u64,
}

impl Recording {
    fn new(began: Instant) -> Self {
        Self {
            began,
            acks: Times::default(),
            deliveries: Times::default(),
            last_deliveries: Times::default(),
            seconds: BTreeMap::new(),
            errors: BTreeMap::new(),
            faults: Faults::default(),
            frames: 0,
            crossed: 0,
        }
    }
}

impl Board {
    /// For sessions with so many devices each.
    pub(crate) fn new(devices: impl IntoIterator<Item = usize>) -> Self {
        let told = |devices| {
            Mutex::new(Told {
                devices,
                ..Told::default()
            })
        };
        Self {
            next: AtomicU64::new(0),
            pending: Mutex::default(),
            sessions: devices.into_iter().map(told).collect(),
            recording: Mutex::new(Recording::new(Instant::now())),
        }
    }

    /// A message is about to be sent. Gives its number, and what ends when it is acked or refused.
    pub(crate) fn send(&self, session: usize, due: Instant) -> (u64, oneshot::Receiver<()>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (acked, done) = oneshot::channel();
        let devices_left = lock(&self.sessions[session]).devices;
        let pending = Pending {
            due,
            devices_left,
            acked: Some(acked),
        };
        lock(&self.pending).insert(number, pending);
        (number, done)
    }

    /// A message was acked: it is stored, and the sender shows it.
    pub(crate) fn acked(&self, session: usize, number: u64, seq: i64) {
        lock(&self.sessions[session]).acked.insert(seq);
        let due = {
            let mut pending = lock(&self.pending);
            let Some(message) = pending.get_mut(&number) else {
                return;
            };
            message.acked.take();
            message.due
        };
        let time = due.elapsed();
        {
            let mut recording = lock(&self.recording);
            recording.acks.add(time);
            let second = due.saturating_duration_since(recording.began).as_secs();
            recording.seconds.entry(second).or_default().add(time);
        }
        self.shown(session, number, seq, None);
    }

    /// A device got a message; `crossed` if one with a higher `seq` came before.
    pub(crate) fn delivered(&self, session: usize, number: u64, seq: i64, crossed: bool) {
        self.shown(session, number, seq, Some(crossed));
    }

    /// A device got a message that it has.
    pub(crate) fn doubled(&self) {
        lock(&self.recording).faults.doubled += 1;
    }

    /// A message was refused, or nobody knows what became of it.
    pub(crate) fn failed(&self, number: Option<u64>, what: &str) {
        if let Some(number) = number {
            lock(&self.pending).remove(&number);
        }
        *lock(&self.recording)
            .errors
            .entry(what.to_owned())
            .or_default() += 1;
    }

    fn shown(&self, session: usize, number: u64, seq: i64, pushed: Option<bool>) {
        let due = self.take_device(number);
        let agrees = {
            let mut told = lock(&self.sessions[session]);
            let place = told.places.entry(seq).or_insert((number, 0));
            place.1 += 1;
            place.0 == number
        };
        let mut recording = lock(&self.recording);
        if !agrees {
            recording.faults.disordered += 1;
        }
        if let Some(crossed) = pushed {
            recording.frames += 1;
            recording.crossed += u64::from(crossed);
        }
        if let Some((due, last)) = due {
            if pushed.is_some() {
                recording.deliveries.add(due.elapsed());
            }
            if last {
                recording.last_deliveries.add(due.elapsed());
            }
        }
    }

    /// One device fewer waits for a message. When it was due, and whether this was the last device.
    fn take_device(&self, number: u64) -> Option<(Instant, bool)> {
        let mut pending = lock(&self.pending);
        let message = pending.get_mut(&number)?;
        message.devices_left -= 1;
        let (due, last) = (message.due, message.devices_left == 0);
        if last {
            pending.remove(&number);
        }
        Some((due, last))
    }

    /// Messages that have not come everywhere.
    pub(crate) fn on_their_way(&self) -> usize {
        lock(&self.pending).len()
    }

    /// Begins a window.
    pub(crate) fn begin(&self) {
        *lock(&self.recording) = Recording::new(Instant::now());
    }

    /// Ends a window: what has not come by now is lost.
    pub(crate) fn end(&self) -> Recording {
        lock(&self.pending).clear();
        let mut recording =
            mem::replace(&mut *lock(&self.recording), Recording::new(Instant::now()));
        for session in &self.sessions {
            let mut told = lock(session);
            let Told {
                devices,
                places,
                acked,
            } = &mut *told;
            for seq in acked.drain() {
                let shown = places.get(&seq).map_or(0, |(_, shown)| *shown);
                recording.faults.lost += devices.saturating_sub(shown) as u64;
            }
            places.clear();
        }
        recording
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::new([3])
    }

    #[test]
    fn a_message_that_came_everywhere_is_no_fault() {
        let board = board();
        let (number, _) = board.send(0, Instant::now());
        board.delivered(0, number, 1, false);
        board.acked(0, number, 1);
        assert_eq!(board.on_their_way(), 1);
        board.delivered(0, number, 1, false);
        assert_eq!(board.on_their_way(), 0);
        let recording = board.end();
        assert_eq!(recording.faults, Faults::default());
        assert_eq!(recording.acks.figures().count, 1);
        assert_eq!(recording.deliveries.figures().count, 2);
        assert_eq!(recording.last_deliveries.figures().count, 1);
    }

    #[test]
    fn an_acked_message_that_did_not_come_is_lost_once_for_each_device() {
        let board = board();
        let (number, _) = board.send(0, Instant::now());
        board.acked(0, number, 1);
        assert_eq!(board.end().faults.lost, 2);
    }

    #[test]
    fn one_that_was_refused_is_not_lost() {
        let board = board();
        let (number, mut done) = board.send(0, Instant::now());
        board.failed(Some(number), "rate_limited");
        assert!(
            done.try_recv().is_err(),
            "nobody waits for its ack any more"
        );
        let recording = board.end();
        assert_eq!(recording.faults, Faults::default());
        assert_eq!(recording.errors["rate_limited"], 1);
    }

    #[test]
    fn two_messages_at_one_place_are_disorder() {
        let board = board();
        let (first, _) = board.send(0, Instant::now());
        let (second, _) = board.send(0, Instant::now());
        board.acked(0, first, 1);
        board.delivered(0, second, 1, false);
        assert_eq!(board.end().faults.disordered, 1);
    }
}

//! What PostgreSQL has, and what everybody knows of it.

use std::collections::BTreeMap;

/// A message's state: its latest change, and a text that no other state has.
type State = BTreeMap<i64, (i64, String)>;

/// The list keeps so many messages: few, so that it is full.
pub(super) const CAPACITY: i64 = 3;
pub(super) const FIRST: i64 = 4;
pub(super) const EPOCH: &str = "epoch";

/// PostgreSQL, every state that it had, and who knows what.
pub(super) struct World {
    /// By the number of the newest change.
    states: BTreeMap<i64, State>,
    pub(super) head: i64,
    /// The newest change that was acked.
    pub(super) acked: i64,
    /// By writer: the change, the message's change before, the message.
    pub(super) written: BTreeMap<char, (i64, i64, String)>,
    /// By reader: the head of what PostgreSQL told.
    pub(super) told: BTreeMap<char, i64>,
}

impl World {
    pub(super) fn new() -> Self {
        let messages = (1..=FIRST).map(|seq| (seq, (seq, format!("m{seq} r1"))));
        Self {
            states: BTreeMap::from([(FIRST, messages.collect())]),
            head: FIRST,
            acked: FIRST,
            written: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    pub(super) fn commit(&mut self, who: char, seq: Option<i64>) {
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
    pub(super) fn after(&self, head: i64, floor: i64) -> Vec<(i64, String)> {
        let mut messages: Vec<_> = self.states[&head].values().cloned().collect();
        messages.retain(|(change, _)| *change > floor);
        messages.sort_unstable();
        messages
    }
}

//! What somebody does that nobody can interrupt.

/// One atomic step of somebody, named by a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
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
    /// Redis, short of memory, loses the messages alone.
    Evict,
}

use Step::{Alter, Announce, Append, Fill, Read, Send, Snapshot};

pub(super) fn sends(who: char) -> Vec<Step> {
    vec![Announce(who), Send(who), Append(who)]
}

pub(super) fn alters(who: char, seq: i64) -> Vec<Step> {
    vec![Announce(who), Alter(who, seq), Append(who)]
}

pub(super) fn refills(who: char) -> Vec<Step> {
    vec![Read(who), Snapshot(who), Fill(who)]
}

//! A page of a sync: some messages, and how far they reach.

use super::Encoded;
use crate::{
    rest::fitting,
    session::{Cursor, Epoch},
};

/// A page of a sync.
#[derive(Debug)]
pub struct Page {
    /// In the order of their changes.
    pub messages: Vec<Encoded>,
    /// The cursor to go on from.
    pub cursor: Cursor,
    /// Whether that is the session's newest change: with it the reader has everything.
    pub complete: bool,
}

impl Page {
    /// A page of the messages that follow a change, in their order: at most `limit`, and complete if these were all and reach the head.
    pub(super) fn new(
        mut messages: Vec<Encoded>,
        after: i64,
        limit: usize,
        epoch: &Epoch,
        head: i64,
    ) -> Self {
        let cut = messages.len() > limit;
        messages.truncate(limit);
        // What follows the last message up to the head was edited since and stands further on, or is past retention.
        let change = if cut {
            messages.last().map_or(after, Encoded::change)
        } else {
            head
        };
        Self {
            messages,
            cursor: epoch.at(change),
            complete: !cut,
        }
    }

    /// Keeps the first messages whose JSON together, with a comma each, has at most so many bytes, and says how many those are.
    /// `after` is the change that the page was asked with.
    pub fn fit(&mut self, max_bytes: usize, after: i64) -> usize {
        let lengths = self.messages.iter().map(|message| message.json().len());
        let (kept, bytes) = fitting(lengths, max_bytes);
        if kept < self.messages.len() {
            self.messages.truncate(kept);
            self.cursor.change = self.messages.last().map_or(after, Encoded::change);
            self.complete = false;
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{message::Message, session::Role};

    fn messages(changes: std::ops::RangeInclusive<i64>) -> Vec<Encoded> {
        let message = |change| Message {
            id: Uuid::now_v7(),
            session_id: "s".to_owned(),
            seq: change,
            change,
            rev: 1,
            user_id: Uuid::now_v7(),
            role: Role::Owner,
            content: "hi".to_owned(),
            metadata: json!({}),
            created_at: Utc::now(),
            edited_at: None,
            deleted_at: None,
        };
        changes
            .map(message)
            .map(|message| Encoded::new(&message))
            .collect()
    }

    fn page(changes: std::ops::RangeInclusive<i64>, limit: usize, head: i64) -> Page {
        let after = changes.start() - 1;
        Page::new(
            messages(changes),
            after,
            limit,
            &Epoch::from_column("a"),
            head,
        )
    }

    fn state(page: &Page) -> (usize, i64, bool) {
        (page.messages.len(), page.cursor.change, page.complete)
    }

    #[test]
    fn a_page_with_all_that_follows_is_complete() {
        assert_eq!(state(&page(4..=6, 3, 6)), (3, 6, true));
    }

    #[test]
    fn a_page_that_was_cut_goes_on_from_its_last_message() {
        assert_eq!(state(&page(4..=7, 3, 9)), (3, 6, false));
    }

    #[test]
    fn a_page_reaches_the_head_though_nothing_stands_there() {
        assert_eq!(state(&page(4..=6, 3, 9)), (3, 9, true));
    }

    #[test]
    fn a_page_fits_to_the_byte() {
        let mut full = page(1..=3, 3, 3);
        let exact = full.fit(usize::MAX, 0);
        let mut cut = page(1..=3, 3, 3);
        cut.messages.clone_from(&full.messages);
        cut.fit(exact, 0);
        assert!(cut.complete);
        cut.fit(exact - 1, 0);
        assert_eq!(state(&cut), (2, 2, false));
        cut.fit(1, 0);
        assert_eq!(state(&cut), (0, 0, false));
    }
}

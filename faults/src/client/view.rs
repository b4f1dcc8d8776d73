//! What a device has of a session. The rules are those of docs/PROTOCOL.md, "Order and resume".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::history::{Push, Seen};

/// What a device has of a session.
#[derive(Debug, Clone, Default)]
pub struct View {
    cursor: i64,
    /// The server's own word for it, as soon as it has given one.
    token: Option<Value>,
    messages: BTreeMap<i64, Seen>,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// It was known already.
    Known,
    /// It follows on what is there.
    Next,
    /// Something before it is missing.
    Hole,
}

impl View {
    /// A first load, up to a cursor.
    pub fn loaded(cursor: i64, messages: Vec<Seen>) -> Self {
        let mut view = Self {
            cursor,
            ..Self::default()
        };
        messages.into_iter().for_each(|seen| view.keep(seen));
        view
    }

    /// The newest change up to which nothing is missing.
    pub fn cursor(&self) -> i64 {
        self.cursor
    }

    /// The cursor as it is sent.
    pub fn cursor_to_send(&self) -> Value {
        self.token.clone().unwrap_or_else(|| json!(self.cursor))
    }

    /// By place.
    pub fn messages(&self) -> &BTreeMap<i64, Seen> {
        &self.messages
    }

    /// A push, or an ack, which is as good as one.
    pub fn push(&mut self, push: Push, token: Option<Value>) -> Shown {
        let Push { seen, prev } = push;
        let change = seen.change;
        self.keep(seen);
        if change <= self.cursor {
            Shown::Known
        } else if prev <= self.cursor {
            (self.cursor, self.token) = (change, token);
            Shown::Next
        } else {
            Shown::Hole
        }
    }

    /// A page that was asked for with `after`.
    pub fn page(&mut self, after: i64, seen: Vec<Seen>, change: i64, token: Option<Value>) {
        seen.into_iter().for_each(|seen| self.keep(seen));
        // Pushes may have moved the cursor on meanwhile; a page that began after it proves nothing about what is between.
        if after <= self.cursor && change > self.cursor {
            (self.cursor, self.token) = (change, token);
        }
    }

    /// Keeps the newest state of a message.
    pub fn keep(&mut self, seen: Seen) {
        let is_newer = self
            .messages
            .get(&seen.seq)
            .is_none_or(|known| known.change < seen.change);
        if is_newer {
            self.messages.insert(seen.seq, seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::history::User;

    fn seen(seq: i64, change: i64) -> Seen {
        Seen {
            id: Uuid::nil(),
            seq,
            change,
            rev: 1,
            author: User(0),
            content: format!("{seq} at {change}"),
            created_at: String::new(),
            deleted: false,
        }
    }

    fn push(view: &mut View, seq: i64, change: i64) -> Shown {
        view.push(
            Push {
                seen: seen(seq, change),
                prev: change - 1,
            },
            None,
        )
    }

    #[test]
    fn what_follows_moves_the_cursor_and_a_hole_does_not() {
        let mut view = View::default();
        assert_eq!(push(&mut view, 1, 1), Shown::Next);
        assert_eq!(push(&mut view, 3, 3), Shown::Hole);
        assert_eq!((view.cursor(), view.messages().len()), (1, 2));
        view.page(1, vec![seen(2, 2), seen(3, 3)], 3, None);
        assert_eq!(view.cursor(), 3);
        assert_eq!(push(&mut view, 2, 2), Shown::Known);
    }

    #[test]
    fn an_old_state_does_not_replace_a_newer_one() {
        let mut view = View::loaded(5, vec![seen(1, 5)]);
        assert_eq!(push(&mut view, 1, 1), Shown::Known);
        assert_eq!(view.messages()[&1].change, 5);
    }

    #[test]
    fn a_page_that_begins_after_the_cursor_proves_nothing() {
        let mut view = View::loaded(2, Vec::new());
        view.page(4, vec![seen(5, 5)], 5, None);
        assert_eq!(view.cursor(), 2);
    }
}

//! A page of a sync: some messages, and how far they reach.

use serde::Serialize;

use super::Message;

/// A page of a sync.
#[derive(Debug)]
pub struct Page {
    /// In the order of their changes.
    pub messages: Vec<Message>,
    /// The cursor to go on from.
    pub change: i64,
    /// Whether that is the session's newest change: with it the reader has everything.
    pub complete: bool,
}

impl Page {
    /// A page from all that follows a cursor, or from its beginning if `cut` says that there is more.
    pub(super) fn new(messages: Vec<Message>, cursor: i64, head: i64, cut: bool) -> Self {
        if !cut {
            // A cursor ahead of the session (a restored backup, say) goes back to what is there.
            return Self {
                messages,
                change: head,
                complete: true,
            };
        }
        let change = messages.last().map_or(cursor, |last| last.change);
        Self {
            messages,
            change,
            complete: change >= head,
        }
    }

    /// Keeps the first messages whose JSON together, with a comma each, has at most so many bytes, and says how many those are.
    /// `cursor` is what the page was asked with.
    pub fn fit(&mut self, max_bytes: usize, cursor: i64) -> usize {
        let (mut kept, mut bytes) = (0, 0);
        for message in &self.messages {
            let with_this = bytes + size(message) + 1;
            if with_this > max_bytes {
                break;
            }
            (kept, bytes) = (kept + 1, with_this);
        }
        if kept < self.messages.len() {
            self.messages.truncate(kept);
            self.change = self.messages.last().map_or(cursor, |last| last.change);
            self.complete = false;
        }
        bytes
    }
}

fn size(message: &impl Serialize) -> usize {
    serde_json::to_vec(message).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::session::Role;

    fn messages(changes: std::ops::RangeInclusive<i64>) -> Vec<Message> {
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
        changes.map(message).collect()
    }

    #[test]
    fn a_page_with_all_that_follows_is_complete() {
        let page = Page::new(messages(4..=6), 3, 6, false);
        assert_eq!((page.change, page.complete), (6, true));
    }

    #[test]
    fn a_page_that_was_cut_goes_on_from_its_last_message() {
        let page = Page::new(messages(4..=6), 3, 9, true);
        assert_eq!((page.change, page.complete), (6, false));
    }

    #[test]
    fn a_page_that_was_cut_exactly_at_the_end_is_complete() {
        assert!(Page::new(messages(4..=6), 3, 6, true).complete);
    }

    #[test]
    fn a_cursor_from_the_future_comes_back() {
        let page = Page::new(Vec::new(), 12, 9, false);
        assert_eq!((page.change, page.complete), (9, true));
    }

    #[test]
    fn a_page_fits_to_the_byte() {
        let mut full = Page::new(messages(1..=3), 0, 3, false);
        let exact = full.fit(usize::MAX, 0);
        let mut page = Page::new(full.messages.clone(), 0, 3, false);
        page.fit(exact, 0);
        assert!(page.complete);
        page.fit(exact - 1, 0);
        assert_eq!(
            (page.messages.len(), page.change, page.complete),
            (2, 2, false)
        );
        page.fit(1, 0);
        assert_eq!(
            (page.messages.len(), page.change, page.complete),
            (0, 0, false)
        );
    }
}

//! Where a reader left off in a session, and in which life of the database.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A cursor that we made is far shorter; longer ones are refused.
const MAX_CURSOR_CHARS: usize = 64;
/// The name of no epoch. Not empty: to the scripts that would be the present one.
const NO_EPOCH: &str = "?";

/// A life of the database (`epochs` in the schema). A restored backup begins a new one: it gives numbers out again that its clients
/// have seen for other changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch(String);

impl Epoch {
    /// As it stands in the database and in the recent list.
    pub fn from_column(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A cursor of this epoch.
    pub fn at(&self, change: i64) -> Cursor {
        Cursor {
            epoch: Some(self.clone()),
            change,
        }
    }
}

/// The newest change that a reader has. Clients carry it as a text that means nothing to them, or as the number of a change of the
/// present epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    epoch: Option<Epoch>,
    /// The change.
    pub change: i64,
}

impl Cursor {
    /// A change of the present epoch, whatever that is.
    pub fn of_change(change: i64) -> Self {
        Self {
            epoch: None,
            change,
        }
    }

    /// Reads a cursor of a JSON field; `None` for what was never one.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            _ => value
                .as_i64()
                .filter(|change| *change >= 0)
                .map(Self::of_change),
        }
    }

    /// Reads a cursor's text. One that cannot be read belongs to no epoch: whoever kept it since another version of this wrote it
    /// must start over, and not be refused for ever.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.chars().count() > MAX_CURSOR_CHARS {
            return None;
        }
        let number = |text: &str| text.parse().ok().filter(|change| *change >= 0);
        Some(match text.rsplit_once('.') {
            None => number(text).map(Self::of_change),
            Some(("", _)) => None,
            Some((epoch, change)) => {
                number(change).map(|change| Epoch::from_column(epoch).at(change))
            }
        })
        .map(|cursor| cursor.unwrap_or_else(|| Epoch::from_column(NO_EPOCH).at(0)))
    }

    /// The epoch's name, if the cursor has one.
    pub(crate) fn epoch(&self) -> Option<&str> {
        self.epoch.as_ref().map(Epoch::as_str)
    }

    /// Whether the reader can go on from here: the epoch is the present one and the session has come so far.
    pub fn is_within(&self, epoch: &Epoch, head: i64) -> bool {
        self.epoch.as_ref().is_none_or(|own| own == epoch) && self.change <= head
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(epoch) = self.epoch() {
            write!(f, "{epoch}.")?;
        }
        write!(f, "{}", self.change)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.epoch {
            Some(_) => serializer.collect_str(self),
            None => serializer.serialize_i64(self.change),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_survives_its_journey() {
        let cursor = Epoch::from_column("7f3a90c1").at(41);
        assert_eq!(json!(cursor), "7f3a90c1.41");
        assert_eq!(Cursor::from_json(&json!(cursor)), Some(cursor));
        let number = Cursor::of_change(41);
        assert_eq!(json!(number), 41);
        assert_eq!(Cursor::from_json(&json!(41)), Some(number.clone()));
        assert_eq!(Cursor::parse("41"), Some(number));
    }

    #[test]
    fn what_was_never_a_cursor_is_refused() {
        for value in [
            json!(-1),
            json!(1.5),
            json!(""),
            json!({}),
            json!("x".repeat(65)),
        ] {
            assert_eq!(Cursor::from_json(&value), None, "{value}");
        }
    }

    #[test]
    fn a_cursor_is_good_in_its_epoch_up_to_the_newest_change() {
        let epoch = Epoch::from_column("a");
        assert!(epoch.at(9).is_within(&epoch, 9));
        assert!(!epoch.at(10).is_within(&epoch, 9));
        assert!(!Epoch::from_column("b").at(9).is_within(&epoch, 9));
        assert!(Cursor::of_change(9).is_within(&epoch, 9));
        assert!(!Cursor::of_change(10).is_within(&epoch, 9));
    }

    #[test]
    fn a_cursor_that_cannot_be_read_belongs_to_no_epoch() {
        for text in ["gibberish", "a.b", "a.-1", ".0", &"x".repeat(64)] {
            let cursor = Cursor::parse(text).unwrap();
            assert!(!cursor.is_within(&Epoch::from_column("a"), 9), "{text}");
            assert_ne!(cursor.epoch(), Some(""), "{text}");
        }
    }
}

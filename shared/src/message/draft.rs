//! What a client wants to say, checked.

use serde_json::{Map, Value};

use crate::{
    code::{Code, Coded},
    field::{growth, has_nul},
};

/// The text as it stands between the quotes of a JSON string in UTF-8. With [`MAX_METADATA_BYTES`] and the fields around them a message stays
/// below 21 KiB, so that one always fits into a sync frame of 28 KB and a push into one API Gateway frame of 32 KB.
pub const MAX_CONTENT_BYTES: usize = 16 * 1024;
/// The two around a JSON string.
const QUOTES: usize = 2;
/// The metadata as JSON in UTF-8, its numbers without exponents.
pub const MAX_METADATA_BYTES: usize = 4 * 1024;
/// An idempotency key: a UUID needs 36 characters, and no client needs more than this.
const MAX_KEY_CHARS: usize = 64;

/// A message that may be stored.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The send's idempotency key.
    pub key: String,
    /// The text.
    pub content: String,
    /// A JSON object.
    pub metadata: Value,
}

/// Why a message may not be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The idempotency key is empty or too long.
    #[error("the id has 1 to {MAX_KEY_CHARS} characters")]
    Key,
    /// The text is missing or blank.
    #[error("the text is empty")]
    Empty,
    /// The text has a NUL character, which PostgreSQL cannot store.
    #[error("the text has a NUL character")]
    Nul,
    /// The text is larger than [`MAX_CONTENT_BYTES`].
    #[error("the text has more than {MAX_CONTENT_BYTES} bytes as JSON")]
    ContentTooLarge,
    /// The metadata has a NUL character.
    #[error("the metadata has a NUL character")]
    MetadataNul,
    /// The metadata is larger than [`MAX_METADATA_BYTES`].
    #[error("the metadata has more than {MAX_METADATA_BYTES} bytes as JSON")]
    MetadataTooLarge,
}

impl Coded for DraftError {
    fn code(&self) -> Code {
        match self {
            Self::Key | Self::Nul | Self::MetadataNul => Code::InvalidField,
            Self::Empty => Code::MessageEmpty,
            Self::ContentTooLarge => Code::MessageTooLarge,
            Self::MetadataTooLarge => Code::MetadataTooLarge,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::Key => "id",
            Self::Empty | Self::Nul | Self::ContentTooLarge => "content",
            Self::MetadataTooLarge | Self::MetadataNul => "metadata",
        })
    }
}

impl Draft {
    /// Checks what a client sent.
    pub fn new(key: &str, content: &str, metadata: Map<String, Value>) -> Result<Self, DraftError> {
        if !(1..=MAX_KEY_CHARS).contains(&key.chars().count()) || key.contains('\0') {
            return Err(DraftError::Key);
        }
        let metadata = Value::Object(metadata);
        check(content, Some(&metadata))?;
        Ok(Self {
            key: key.to_owned(),
            content: content.to_owned(),
            metadata,
        })
    }
}

/// What shall stand in place of what was said.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The text.
    pub content: String,
    /// A JSON object; none leaves the message's own.
    pub metadata: Option<Value>,
}

impl Edit {
    /// Checks what a client sent.
    pub fn new(content: &str, metadata: Option<Map<String, Value>>) -> Result<Self, DraftError> {
        let metadata = metadata.map(Value::Object);
        check(content, metadata.as_ref())?;
        Ok(Self {
            content: content.to_owned(),
            metadata,
        })
    }
}

fn check(content: &str, metadata: Option<&Value>) -> Result<(), DraftError> {
    let text = serde_json::to_string(content).expect("a text is plain data");
    if text.len() - QUOTES > MAX_CONTENT_BYTES {
        return Err(DraftError::ContentTooLarge);
    }
    let stored = |metadata: &Value| metadata.to_string().len() + growth(metadata);
    if metadata.is_some_and(|metadata| stored(metadata) > MAX_METADATA_BYTES) {
        return Err(DraftError::MetadataTooLarge);
    }
    if metadata.is_some_and(has_nul) {
        return Err(DraftError::MetadataNul);
    }
    if content.contains('\0') {
        return Err(DraftError::Nul);
    }
    if content.trim().is_empty() {
        return Err(DraftError::Empty);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(key: &str, content: &str) -> Result<Draft, DraftError> {
        Draft::new(key, content, Map::new())
    }

    #[test]
    fn a_text_is_not_blank() {
        assert_eq!(draft("k", "").unwrap_err(), DraftError::Empty);
        assert_eq!(draft("k", " \n\t").unwrap_err(), DraftError::Empty);
        assert!(draft("k", " . ").is_ok());
    }

    #[test]
    fn a_text_fits_in_16_kib_as_json() {
        assert!(draft("k", &"a".repeat(MAX_CONTENT_BYTES)).is_ok());
        assert_eq!(
            draft("k", &"a".repeat(MAX_CONTENT_BYTES + 1)).unwrap_err(),
            DraftError::ContentTooLarge
        );
        // A quotation mark is two bytes in JSON.
        assert!(draft("k", &"\"".repeat(MAX_CONTENT_BYTES / 2)).is_ok());
        assert_eq!(
            draft("k", &"\"".repeat(MAX_CONTENT_BYTES / 2 + 1)).unwrap_err(),
            DraftError::ContentTooLarge
        );
    }

    #[test]
    fn metadata_fits_in_4_kib() {
        let with = |length: usize| {
            let overhead = json!({"a": ""}).to_string().len();
            let map = json!({"a": "x".repeat(length - overhead)})
                .as_object()
                .cloned()
                .unwrap();
            Draft::new("k", "hi", map)
        };
        assert!(with(MAX_METADATA_BYTES).is_ok());
        assert_eq!(
            with(MAX_METADATA_BYTES + 1).unwrap_err(),
            DraftError::MetadataTooLarge
        );
    }

    #[test]
    fn a_key_has_1_to_64_characters() {
        assert_eq!(draft("", "hi").unwrap_err(), DraftError::Key);
        assert!(draft(&"ü".repeat(64), "hi").is_ok());
        assert_eq!(draft(&"k".repeat(65), "hi").unwrap_err(), DraftError::Key);
    }

    #[test]
    fn what_postgresql_cannot_store_is_refused() {
        assert_eq!(draft("k", "a\0b").unwrap_err(), DraftError::Nul);
        let map = json!({"a": "\0"}).as_object().cloned().unwrap();
        assert_eq!(
            Draft::new("k", "hi", map).unwrap_err(),
            DraftError::MetadataNul
        );
    }
}

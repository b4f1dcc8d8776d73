//! Session ids as clients see them: `<id>.<key id>.<signature>`. A forged one is refused before any store is asked.

use std::hash::{Hash, Hasher};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac;
use uuid::Uuid;

use crate::{
    code::{Code, Coded},
    token::KeyRing,
};

/// Half of HMAC-SHA-256's output, as RFC 2104 section 5 lets it be cut: 128 bits cannot be guessed.
const SIGNATURE_BYTES: usize = 16;

/// A session's id and its signed form. The part before the first dot names the session; the rest changes when keys rotate.
#[derive(Debug, Clone)]
pub struct SessionId {
    /// The id itself: statements get it through a `Visitor` or a `Membership` only.
    pub(super) id: Uuid,
    text: String,
}

// The same session, whichever key signed it.
impl PartialEq for SessionId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for SessionId {}

impl Hash for SessionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// An id that no key of ours signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a session's id")]
pub struct InvalidSessionId;

impl Coded for InvalidSessionId {
    fn code(&self) -> Code {
        Code::InvalidSessionId
    }

    fn field(&self) -> Option<&'static str> {
        Some("session_id")
    }
}

impl SessionId {
    /// Signs an id with the newest key.
    pub fn sign(keys: &KeyRing, id: Uuid) -> Self {
        let key = keys.newest();
        let mac = key.mac(id.as_bytes()).finalize().into_bytes();
        let text = format!(
            "{id}.{}.{}",
            key.id,
            URL_SAFE_NO_PAD.encode(&mac[..SIGNATURE_BYTES])
        );
        Self { id, text }
    }

    /// Reads an id that a client sends. One of an older key is signed anew: what others get is always of the newest.
    pub fn verify(keys: &KeyRing, text: &str) -> Result<Self, InvalidSessionId> {
        let mut parts = text.splitn(3, '.');
        let (Some(id), Some(key), Some(signature)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidSessionId);
        };
        let id = Uuid::try_parse(id).map_err(|_| InvalidSessionId)?;
        let key = keys.find(key).ok_or(InvalidSessionId)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| InvalidSessionId)?;
        // A shorter signature would be easier to guess, and `verify_truncated_left` would take it.
        if bytes.len() != SIGNATURE_BYTES {
            return Err(InvalidSessionId);
        }
        key.mac(id.as_bytes())
            .verify_truncated_left(&bytes)
            .map_err(|_| InvalidSessionId)?;
        if key.id != keys.newest().id {
            return Ok(Self::sign(keys, id));
        }
        let text = format!("{id}.{}.{signature}", key.id);
        Ok(Self { id, text })
    }

    /// The signed form.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn ring(secrets: &str) -> KeyRing {
        KeyRing::parse("SESSION_KEYS", &Secret::from(secrets)).unwrap()
    }

    const OLD: &str = "old-secret-old-secret-old-secret-";
    const NEW: &str = "new-secret-new-secret-new-secret-";

    #[test]
    fn a_signed_id_verifies() {
        let id = SessionId::sign(&ring(OLD), Uuid::now_v7());
        assert_eq!(
            SessionId::verify(&ring(OLD), id.as_str()).unwrap().id,
            id.id
        );
    }

    #[test]
    fn an_old_signature_verifies_while_its_key_is_listed_and_is_renewed() {
        let id = SessionId::sign(&ring(OLD), Uuid::now_v7());
        let renewed = SessionId::verify(&ring(&format!("{NEW},{OLD}")), id.as_str()).unwrap();
        assert_eq!(
            renewed.as_str(),
            SessionId::sign(&ring(NEW), id.id).as_str()
        );
        assert!(SessionId::verify(&ring(NEW), id.as_str()).is_err());
    }

    #[test]
    fn any_other_text_is_refused() {
        let keys = ring(OLD);
        let id = SessionId::sign(&keys, Uuid::now_v7());
        let (stem, signature) = id.as_str().rsplit_once('.').unwrap();
        let other = SessionId::sign(&keys, Uuid::now_v7());
        let swapped = id
            .as_str()
            .replace(&id.id.to_string(), &other.id.to_string());
        let short = format!("{stem}.{}", &signature[..10]);
        for forged in [
            "",
            "a.b.c",
            &id.id.to_string(),
            stem,
            &swapped,
            &short,
            &format!("{}x", id.as_str()),
        ] {
            assert_eq!(
                SessionId::verify(&keys, forged).unwrap_err(),
                InvalidSessionId,
                "{forged}"
            );
        }
    }
}

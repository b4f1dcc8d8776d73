//! Keys that rotate: the first of a list signs, every one of it verifies.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::{ConfigError, Secret};

/// A secret shorter than this could be guessed.
const MIN_SECRET_CHARS: usize = 32;

/// One secret and the id that what it signed carries.
#[derive(Clone)]
pub(crate) struct Key {
    /// The first 8 hexadecimal digits of the secret's SHA-256, so that no list of ids can disagree with the list of secrets.
    pub(crate) id: String,
    pub(crate) secret: Vec<u8>,
}

/// The keys of one purpose, newest first.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<Key>,
}

impl KeyRing {
    /// Parses secrets separated by commas.
    pub fn parse(variable: &'static str, secrets: &Secret) -> Result<Self, ConfigError> {
        let keys: Vec<Key> = secrets
            .expose()
            .split(',')
            .map(str::trim)
            .map(|secret| Key {
                id: key_id(secret),
                secret: secret.as_bytes().to_vec(),
            })
            .collect();
        if keys.iter().any(|key| key.secret.len() < MIN_SECRET_CHARS) {
            let expected = "a list of secrets of at least 32 characters, separated by commas";
            return Err(ConfigError::Invalid {
                name: variable,
                expected,
            });
        }
        Ok(Self { keys })
    }

    /// The key that signs.
    pub(crate) fn newest(&self) -> &Key {
        // `split` yields at least one part, so `parse` never makes an empty ring.
        &self.keys[0]
    }

    /// All of them, the newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// The key of that id, if it is still known.
    pub(crate) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.id))
            .finish()
    }
}

impl Key {
    /// HMAC-SHA-256 of some bytes.
    pub(crate) fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(bytes);
        mac
    }
}

fn key_id(secret: &str) -> String {
    Sha256::digest(secret.as_bytes())
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

//! Who is who: old ids of users and sessions, and what they are in Gatepost. The same in every run, without a table of them.

use std::{collections::HashMap, fmt::Write, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Old users that are known to be users of Gatepost.
#[derive(Debug, Default)]
pub(crate) struct Users(HashMap<String, Uuid>);

impl Users {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let mut users = HashMap::new();
        for (n, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let pair = line.split_once(char::is_whitespace);
            let known = pair
                .and_then(|(old, new)| Some((old.to_owned(), Uuid::try_parse(new.trim()).ok()?)));
            let Some((old, new)) = known else {
                bail!(
                    "line {} of {} is not an old id, a blank and a UUID",
                    n + 1,
                    file.display()
                );
            };
            users.insert(old, new);
        }
        Ok(Self(users))
    }

    /// The users that the file names.
    pub(crate) fn named(&self) -> Vec<Uuid> {
        self.0.values().copied().collect()
    }

    /// Whom an old user id means. One that is not in the file always gets the same new user.
    pub(crate) fn find(&self, old: &str) -> Uuid {
        self.0
            .get(old)
            .copied()
            .unwrap_or_else(|| uuid(&["user", old]))
    }
}

/// The one who speaks where no author stands.
pub(crate) fn unknown_user(session: &str) -> Uuid {
    uuid(&["unknown user of", session])
}

/// The assistant, who has no id of its own in old entries.
pub(crate) fn assistant() -> Uuid {
    uuid(&["assistant"])
}

/// What an old session is.
pub(crate) fn session(old: &str) -> Uuid {
    uuid(&["session", old])
}

/// A UUID that is made from what it stands for (version 8).
fn uuid(of: &[&str]) -> Uuid {
    let hash = hash(of);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// SHA-256 of some texts, in hexadecimal.
pub(crate) fn digest(of: &[&str]) -> String {
    hash(of).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").expect("a string takes what is written to it");
        text
    })
}

/// SHA-256 of some bytes.
pub(crate) fn digest_bytes(of: &[u8]) -> [u8; 32] {
    Sha256::digest(of).into()
}

fn hash(of: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new_with_prefix("gatepost import");
    for text in of {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

//! Passwords: Argon2id, off the event loop.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier},
};

use crate::code::{Code, Coded};

/// Fewer could be guessed. Counted in characters.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// More would only make the hash dear. Counted in characters.
pub const MAX_PASSWORD_CHARS: usize = 256;
/// What OWASP recommends for Argon2id where memory is scarce: 19 MiB, two passes, one lane. The fastest of 60 on one core of a small
/// server: 28 ms; with 12 MiB and three passes 17 ms, with 46 MiB and one pass 53 ms, with 64 MiB and three passes 165 ms. The 512 MB
/// of `rest-auth` come with 0.29 of a core (AWS gives a whole one with 1,769 MB), so a log-in takes about 0.1 s there, and eight at
/// once, where an instance serves several, fit into its memory many times over.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password in clear, for as long as it takes to hash it. Its `Debug` does not show it.
pub struct Password(String);

/// Too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")]
pub struct InvalidPassword;

impl Coded for InvalidPassword {
    fn code(&self) -> Code {
        Code::InvalidPassword
    }

    fn field(&self) -> Option<&'static str> {
        Some("password")
    }
}

impl Password {
    /// Accepts any characters, spaces too: only the length is judged.
    pub fn parse(raw: &str) -> Result<Self, InvalidPassword> {
        match raw.chars().count() {
            MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS => Ok(Self(raw.to_owned())),
            _ => Err(InvalidPassword),
        }
    }

    /// Accepts whatever somebody tries to log in with; one that could not be a password fails like a wrong one.
    pub fn attempt(raw: &str) -> Self {
        Self(raw.chars().take(MAX_PASSWORD_CHARS + 1).collect())
    }

    /// The PHC string to store.
    pub(super) async fn hash(self) -> String {
        blocking(move || hash(&self.0)).await
    }

    /// Whether it is the password of a stored hash. Without a hash it takes as long and is not.
    pub(super) async fn matches(self, stored: Option<String>) -> bool {
        blocking(move || {
            let known = stored.is_some();
            let hash = stored.unwrap_or_else(|| NOBODYS_HASH.to_owned());
            argon2()
                .verify_password(self.0.as_bytes(), hash.as_str())
                .is_ok()
                && known
        })
        .await
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// Runs tens of milliseconds of work where it holds up nobody else.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .expect("hashing neither panics nor is cancelled")
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the parameters are within Argon2's ranges");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> String {
    argon2()
        .hash_password(password.as_bytes())
        .expect("any bytes can be hashed")
        .to_string()
}

/// Salt and hash of nobody's password, at random: an unknown user costs the same time as a wrong password. A constant, because a hash
/// that is made at its first use would make the first unknown user of an instance cost twice as much.
const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$clqeoVNPOI3/5Ji/fv5ypQ$HgoGCK7zEUL0SksJJw7tWOihyZnxqFbY/w8Ch8jZBhA";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let stored = Password::parse("correct horse").unwrap().hash().await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            Password::attempt("correct horse")
                .matches(Some(stored.clone()))
                .await
        );
        assert!(
            !Password::attempt("correct horsf")
                .matches(Some(stored))
                .await
        );
    }

    #[test]
    fn nobodys_hash_costs_what_others_cost() {
        let parameters = |hash: &str| hash.rsplitn(3, '$').nth(2).map(str::to_owned);
        assert_eq!(parameters(NOBODYS_HASH), parameters(&hash("anybody's")));
        assert_eq!(NOBODYS_HASH.len(), hash("anybody's").len());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(
            !Password::attempt("nobody has this password")
                .matches(None)
                .await
        );
    }

    #[test]
    fn a_password_has_8_to_256_characters() {
        assert_eq!(
            Password::parse(&"ü".repeat(7)).unwrap_err(),
            InvalidPassword
        );
        assert!(Password::parse(&"ü".repeat(8)).is_ok());
        assert!(Password::parse(&"ü".repeat(256)).is_ok());
        assert_eq!(
            Password::parse(&"ü".repeat(257)).unwrap_err(),
            InvalidPassword
        );
    }
}

//! E-mail addresses, as far as a name for an account needs them.

use crate::code::{Code, Coded};

/// RFC 5321 carries at most 254 bytes of an address.
const MAX_EMAIL_BYTES: usize = 254;

/// An address in lower case, so that two spellings are one account. Its `Debug` does not show it: addresses stay out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// Not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an e-mail address")]
pub struct InvalidEmail;

impl Coded for InvalidEmail {
    fn code(&self) -> Code {
        Code::InvalidEmail
    }

    fn field(&self) -> Option<&'static str> {
        Some("email")
    }
}

impl Email {
    /// Accepts one `@` with a name before it and a dotted host behind it. Whether mail arrives there, only mail can tell.
    pub fn parse(raw: &str) -> Result<Self, InvalidEmail> {
        let text = raw.trim().to_lowercase();
        let (name, host) = text.split_once('@').ok_or(InvalidEmail)?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part
                    .chars()
                    .any(|c| c == '@' || c.is_whitespace() || c.is_control())
        };
        let dotted = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        if text.len() <= MAX_EMAIL_BYTES && plain(name) && plain(host) && dotted {
            Ok(Self(text))
        } else {
            Err(InvalidEmail)
        }
    }

    /// For the database.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_make_two_accounts() {
        assert_eq!(
            Email::parse(" Ada@Example.ORG "),
            Email::parse("ada@example.org")
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@host",
            "a@b@c.org",
            "a da@c.org",
            "ada@c..org",
            "ada@.org",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text}");
        }
    }

    #[test]
    fn an_address_has_at_most_254_bytes() {
        let address =
            |length: usize| format!("{}@example.org", "a".repeat(length - "@example.org".len()));
        assert!(Email::parse(&address(254)).is_ok());
        assert_eq!(Email::parse(&address(255)), Err(InvalidEmail));
    }
}

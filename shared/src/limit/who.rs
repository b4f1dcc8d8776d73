//! Whom a limit counts.

use std::net::IpAddr;

use hmac::Mac;
use uuid::Uuid;

use crate::{token::KeyRing, user::Email};

/// Whom a limit counts; also the hash slot of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who(String);

impl Who {
    /// Whoever comes from an address, as the gateway saw it. An IPv6 network of 64 bits is one household: within it anybody has any
    /// address that they like.
    pub fn address(ip: &str) -> Self {
        Self(match ip.parse() {
            Ok(IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
                Some(ip) => format!("ip:{ip}"),
                None => {
                    let [a, b, c, d, ..] = ip.segments();
                    format!("ip:{a:x}:{b:x}:{c:x}:{d:x}::")
                }
            },
            _ => format!("ip:{ip}"),
        })
    }

    /// Whoever tries an account, whether there is such an account or not. No store gets to know the e-mail address.
    pub fn account(keys: &KeyRing, email: &Email) -> Self {
        Self(format!("account:{}", digest(keys, email.as_str())))
    }

    /// A user.
    pub fn user(user: Uuid) -> Self {
        Self(format!("u:{user}"))
    }

    /// `{<who>}`.
    pub(super) fn slot(&self) -> String {
        format!("{{{}}}", self.0)
    }

    /// What PostgreSQL knows them by.
    pub(super) fn digest(&self, keys: &KeyRing) -> Vec<u8> {
        let mac = keys.newest().mac(self.0.as_bytes()).finalize();
        mac.into_bytes()[..16].to_vec()
    }
}

/// A keyed hash, so that a stolen store cannot be searched for addresses that one knows.
fn digest(keys: &KeyRing, text: &str) -> String {
    let mac = keys.newest().mac(text.as_bytes()).finalize();
    let bytes = &mac.into_bytes()[..16];
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn an_ipv6_network_is_one_address() {
        let one = Who::address("2001:db8:1:2:aaaa::1");
        assert_eq!(one, Who::address("2001:db8:1:2::99"));
        assert_ne!(one, Who::address("2001:db8:1:3::1"));
        assert_eq!(Who::address("::ffff:192.0.2.7"), Who::address("192.0.2.7"));
        assert_ne!(Who::address("192.0.2.7"), Who::address("192.0.2.8"));
    }

    #[test]
    fn an_account_does_not_show_its_e_mail_address() {
        let secret = Secret::from("a-secret-of-more-than-32-characters");
        let keys = KeyRing::parse("TOKEN_KEYS", &secret).unwrap();
        let email = |text| Email::parse(text).unwrap();
        let ada = Who::account(&keys, &email("ada@example.org"));
        assert_eq!(ada, Who::account(&keys, &email("ADA@example.org")));
        assert_ne!(ada, Who::account(&keys, &email("bob@example.org")));
        assert!(!ada.slot().contains("ada"));
    }
}

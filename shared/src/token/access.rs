//! Access tokens: JWTs that say who is calling, for 15 minutes.

use std::time::Duration;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::{Error as JwtError, ErrorKind},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::KeyRing;
use crate::code::{Code, Coded};

/// How long an access token is good for.
pub const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
const AUDIENCE: &str = "api";

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: Uuid,
    /// The sign-in that they are calling from.
    pub sign_in: Uuid,
    /// BCP 47 tag of the language that the user reads.
    pub locale: String,
}

/// A signed access token.
#[derive(Debug)]
pub struct AccessToken(pub String);

/// Why a request's token is refused.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No `Authorization: Bearer …`.
    #[error("there is no bearer token")]
    Missing,
    /// Not signed by a key of ours, or not an access token.
    #[error("the access token is not valid")]
    Invalid(#[source] JwtError),
    /// Past its lifetime.
    #[error("the access token has expired")]
    Expired,
    /// Its sign-in has ended.
    #[error("the sign-in of the access token has ended")]
    SignedOut,
}

impl Coded for AccessError {
    fn code(&self) -> Code {
        match self {
            Self::Missing | Self::Invalid(_) | Self::SignedOut => Code::Unauthorized,
            Self::Expired => Code::TokenExpired,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: Uuid,
    sid: Uuid,
    locale: String,
    exp: i64,
}

impl AccessToken {
    /// Signs a token for a user, good for [`ACCESS_TOKEN_LIFETIME`] from now.
    pub fn issue(keys: &KeyRing, identity: &Identity) -> Self {
        Self(sign(
            keys,
            &Claims {
                aud: AUDIENCE.to_owned(),
                sub: identity.user_id,
                sid: identity.sign_in,
                locale: identity.locale.clone(),
                exp: expiry(ACCESS_TOKEN_LIFETIME),
            },
        ))
    }

    /// Reads a token that a client presents.
    pub fn verify(keys: &KeyRing, token: &str) -> Result<Identity, AccessError> {
        let claims: Claims = verify(keys, token, AUDIENCE).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => AccessError::Expired,
            _ => AccessError::Invalid(error),
        })?;
        Ok(Identity {
            user_id: claims.sub,
            sign_in: claims.sid,
            locale: claims.locale,
        })
    }
}

/// Seconds since 1970 at which something that lives so long from now ends.
pub(super) fn expiry(lifetime: Duration) -> i64 {
    chrono::Utc::now().timestamp() + lifetime.as_secs() as i64
}

/// Signs claims with the newest key, named in the header.
pub(super) fn sign(keys: &KeyRing, claims: &impl Serialize) -> String {
    let key = keys.newest();
    let header = Header {
        kid: Some(key.id.clone()),
        ..Header::new(Algorithm::HS256)
    };
    encode(&header, claims, &EncodingKey::from_secret(&key.secret))
        .expect("plain claims become JSON, and HMAC takes any key")
}

/// Reads claims that a key of ours signed for an audience and that have not expired.
pub(super) fn verify<C: DeserializeOwned + Clone>(
    keys: &KeyRing,
    token: &str,
    audience: &str,
) -> Result<C, JwtError> {
    let kid = decode_header(token)?.kid.ok_or(ErrorKind::InvalidToken)?;
    let key = keys.find(&kid).ok_or(ErrorKind::InvalidSignature)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[audience]);
    // Signer and verifier share their clock closely enough; a ticket of 30 s must not live for 90.
    validation.leeway = 1;
    Ok(decode(token, &DecodingKey::from_secret(&key.secret), &validation)?.claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn ring(secrets: &str) -> KeyRing {
        KeyRing::parse("TOKEN_KEYS", &Secret::from(secrets)).unwrap()
    }

    fn somebody() -> Identity {
        Identity {
            user_id: Uuid::now_v7(),
            sign_in: Uuid::now_v7(),
            locale: "en".to_owned(),
        }
    }

    const OLD: &str = "old-secret-old-secret-old-secret-";
    const NEW: &str = "new-secret-new-secret-new-secret-";

    #[test]
    fn a_token_names_its_user() {
        let (keys, user) = (ring(OLD), somebody());
        let token = AccessToken::issue(&keys, &user);
        assert_eq!(AccessToken::verify(&keys, &token.0).unwrap(), user);
    }

    #[test]
    fn a_token_outlives_a_rotation_until_its_key_is_dropped() {
        let token = AccessToken::issue(&ring(OLD), &somebody());
        assert!(AccessToken::verify(&ring(&format!("{NEW},{OLD}")), &token.0).is_ok());
        let error = AccessToken::verify(&ring(NEW), &token.0).unwrap_err();
        assert_eq!(error.code(), Code::Unauthorized);
    }

    #[test]
    fn an_expired_token_says_so() {
        let keys = ring(OLD);
        let claims = Claims {
            aud: AUDIENCE.to_owned(),
            sub: Uuid::now_v7(),
            sid: Uuid::now_v7(),
            locale: "en".to_owned(),
            exp: 1,
        };
        let error = AccessToken::verify(&keys, &sign(&keys, &claims)).unwrap_err();
        assert_eq!(error.code(), Code::TokenExpired);
    }

    #[test]
    fn a_token_for_something_else_opens_nothing() {
        let keys = ring(OLD);
        let exp = expiry(Duration::from_secs(60));
        let claims = Claims {
            aud: "socket".to_owned(),
            sub: Uuid::now_v7(),
            sid: Uuid::now_v7(),
            locale: "en".to_owned(),
            exp,
        };
        assert_eq!(
            AccessToken::verify(&keys, &sign(&keys, &claims))
                .unwrap_err()
                .code(),
            Code::Unauthorized
        );
    }
}

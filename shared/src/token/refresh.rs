//! Refresh tokens: opaque, stored as digests, exchanged at each use. A second use of one revokes its whole family.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac;
use sha2::{Digest, Sha256};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Identity, KeyRing, keys::Key};
use crate::{
    code::{Code, Coded},
    database::{Database, DatabaseError},
    field::InvalidField,
};

/// How long a refresh token is good for; a device that stays away longer logs in again.
const REFRESH_TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 86_400);

/// A new refresh token, in the only place where it stands in clear.
#[derive(Debug)]
pub struct RefreshToken(pub String);

/// Names one exchange of a refresh token, so that who has lost the answer gets it again, and nobody else.
#[derive(Debug)]
pub struct ExchangeId<'a>(&'a str);

impl<'a> ExchangeId<'a> {
    /// 16 to 64 bytes: who has stolen the token must not guess it.
    pub fn parse(text: &'a str) -> Result<Self, InvalidField> {
        if (16..=64).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(InvalidField("id"))
        }
    }
}

/// Why a refresh token gives no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Unknown, revoked or expired.
    #[error("the refresh token is not valid")]
    Invalid,
    /// Used before: somebody holds a copy, so its family is revoked.
    #[error("the refresh token was used before")]
    Reused {
        /// Whose it is.
        user_id: Uuid,
        /// The sign-in that has ended by this.
        sign_in: Uuid,
    },
    /// Its sign-in had ended before. Whoever ended it may not have come to close its sockets.
    #[error("the refresh token's sign-in has ended")]
    Ended {
        /// Whose it is.
        user_id: Uuid,
        /// The sign-in.
        sign_in: Uuid,
    },
    /// PostgreSQL did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Coded for RefreshError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid | Self::Ended { .. } => Code::RefreshTokenInvalid,
            Self::Reused { .. } => Code::RefreshTokenReused,
            Self::Database(error) => error.code(),
        }
    }
}

impl RefreshToken {
    /// 256 random bits.
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// What is stored of it.
    pub fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// Its lifetime as PostgreSQL reads an interval.
    pub(crate) fn lifetime() -> String {
        format!("{} seconds", REFRESH_TOKEN_LIFETIME.as_secs())
    }

    /// Starts a family of tokens for a user who has just proved who they are. The family is a sign-in and has its id.
    pub async fn begin(database: &Database, user_id: Uuid) -> Result<(Uuid, Self), DatabaseError> {
        const SQL: &str = "INSERT INTO refresh_tokens (digest, family, user_id, expires_at) \
                           VALUES ($1, $2, $3, now() + $4::text::interval)";
        let token = Self::random();
        let (digest, family, lifetime) = (token.digest(), Uuid::now_v7(), Self::lifetime());
        database
            .query_once(
                SQL,
                &[
                    (&digest, Type::BYTEA),
                    (&family, Type::UUID),
                    (&user_id, Type::UUID),
                    (&lifetime, Type::TEXT),
                ],
            )
            .await?;
        Ok((family, token))
    }

    /// What this token is exchanged for under an id, at every try: one for each key, the newest's first. A key may have come between two tries.
    pub fn successors(&self, keys: &KeyRing, id: &ExchangeId<'_>) -> Vec<Self> {
        let digest = self.digest();
        let successor = |key: &Key| {
            let mut mac = key.mac(b"refresh token\0");
            mac.update(&digest);
            mac.update(id.0.as_bytes());
            Self(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        };
        keys.iter().map(successor).collect()
    }

    /// Exchanges the token for the first of some successors, and gives that and whose it is. Repeated with the same among them, it gives the
    /// one that it gave before, until that is used.
    pub async fn exchange(
        &self,
        database: &Database,
        successors: Vec<Self>,
    ) -> Result<(Identity, Self), RefreshError> {
        const SQL: &str = "SELECT outcome, user_id, sign_in, locale, successor \
                           FROM refresh_token_exchange($1, $2, $3::text::interval)";
        let lifetime = Self::lifetime();
        let digests: Vec<Vec<u8>> = successors.iter().map(Self::digest).collect();
        let params = [
            (&self.digest() as _, Type::BYTEA),
            (&digests as _, Type::BYTEA_ARRAY),
            (&lifetime as _, Type::TEXT),
        ];
        // Not twice: with a successor that nobody knows, the second run would find the token used and revoke its family.
        let rows = database.query_once(SQL, &params).await?;
        let row = rows.first().ok_or(RefreshError::Invalid)?;
        match row.get("outcome") {
            "rotated" => {
                let identity = Identity {
                    user_id: row.get("user_id"),
                    sign_in: row.get("sign_in"),
                    locale: row.get("locale"),
                };
                let given: &[u8] = row.get("successor");
                let successor = successors.into_iter().find(|one| one.digest() == given);
                Ok((identity, successor.ok_or(RefreshError::Invalid)?))
            }
            "reused" => Err(RefreshError::Reused {
                user_id: row.get("user_id"),
                sign_in: row.get("sign_in"),
            }),
            "ended" => Err(RefreshError::Ended {
                user_id: row.get("user_id"),
                sign_in: row.get("sign_in"),
            }),
            _ => Err(RefreshError::Invalid),
        }
    }
}

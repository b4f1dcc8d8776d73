//! What somebody gets who has proved who they are.

use serde_json::{Value, json};
use shared::{
    App,
    database::DatabaseError,
    token::{ACCESS_TOKEN_LIFETIME, AccessToken, Identity, RefreshToken},
    user::Profile,
};

/// Tokens for a user: a new sign-in begins.
pub(crate) async fn signed_in(app: &App, profile: Profile) -> Result<Value, DatabaseError> {
    let Profile { user_id, locale } = profile;
    let (sign_in, refresh_token) = RefreshToken::begin(&app.database, user_id).await?;
    let identity = Identity {
        user_id,
        sign_in,
        locale,
    };
    Ok(tokens(app, &identity, &refresh_token))
}

/// The body of every answer that has tokens.
pub(crate) fn tokens(app: &App, identity: &Identity, refresh_token: &RefreshToken) -> Value {
    json!({
        "user_id": identity.user_id,
        "access_token": AccessToken::issue(&app.token_keys, identity).0,
        "refresh_token": refresh_token.0,
        "expires_in": ACCESS_TOKEN_LIFETIME.as_secs(),
    })
}

//! What somebody gets who has proved who they are.

use serde_json::{Value, json};
use shared::{
    App,
    database::DatabaseError,
    token::{ACCESS_TOKEN_LIFETIME, AccessToken, Identity, RefreshToken},
};

/// Tokens for a user: a new family of refresh tokens begins.
pub(crate) async fn signed_in(app: &App, identity: &Identity) -> Result<Value, DatabaseError> {
    let refresh_token = RefreshToken::begin(&app.database, identity.user_id).await?;
    Ok(tokens(app, identity, &refresh_token))
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

//! `POST /api/auth/service`: an access token for a service's key.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    limit,
    rest::{Call, Reply},
    token::{ACCESS_TOKEN_LIFETIME, AccessToken},
    user::ServiceKey,
};

/// Takes `{key}`, answers 200 with an access token. There is no refresh token: a service asks again.
pub(crate) async fn service(app: &App, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let key = ServiceKey(fields.text("key")?.to_owned());
    call.count(limit::attempt(app, &call.client_ip(), None).await?);
    let identity = key.sign_in(&app.database).await?;
    Ok(Reply::ok(&json!({
        "user_id": identity.user_id,
        "access_token": AccessToken::issue(&app.token_keys, &identity).0,
        "expires_in": ACCESS_TOKEN_LIFETIME.as_secs(),
    })))
}

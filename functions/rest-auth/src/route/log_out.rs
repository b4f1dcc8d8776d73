//! `POST /api/auth/logout`: the device's refresh tokens are worth nothing any more.

use shared::{
    App,
    code::Failure,
    rest::{Call, Reply},
    token::RefreshToken,
};

/// Takes `{refresh_token}`, answers 204. A second log-out is no error.
pub(crate) async fn log_out(app: &App, call: &Call) -> Result<Reply, Failure> {
    let token = RefreshToken(call.fields()?.text("refresh_token")?.to_owned());
    token.revoke(&app.database).await?;
    Ok(Reply::no_content())
}

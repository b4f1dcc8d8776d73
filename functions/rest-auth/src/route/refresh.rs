//! `POST /api/auth/refresh`: new tokens for a refresh token, which is used up.

use shared::{
    App,
    code::Failure,
    rest::{Call, Reply},
    token::RefreshToken,
};

use crate::signed_in::tokens;

/// Takes `{refresh_token}`, answers 200 with tokens.
pub(crate) async fn refresh(app: &App, call: &Call) -> Result<Reply, Failure> {
    let token = RefreshToken(call.fields()?.text("refresh_token")?.to_owned());
    let (identity, successor) = token.rotate(&app.database).await?;
    Ok(Reply::ok(&tokens(app, &identity, &successor)))
}

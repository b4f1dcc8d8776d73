//! `POST /api/auth/refresh`: new tokens for a refresh token, which is used up.

use shared::{
    App,
    code::Failure,
    rest::{Call, Reply},
    sign_in::{self, SIGNED_OUT},
    token::{RefreshError, RefreshToken},
};

use crate::signed_in::tokens;

/// Takes `{refresh_token}`, answers 200 with tokens.
pub(crate) async fn refresh(app: &App, call: &Call) -> Result<Reply, Failure> {
    let token = RefreshToken(call.fields()?.text("refresh_token")?.to_owned());
    let (identity, successor) = match token.rotate(&app.database).await {
        Err(error @ RefreshError::Reused { user_id, sign_in }) => {
            // The thief and the owner: both are out.
            sign_in::end(app, user_id, &[sign_in], &SIGNED_OUT).await;
            return Err(error.into());
        }
        rotated => rotated?,
    };
    Ok(Reply::ok(&tokens(app, &identity, &successor)))
}

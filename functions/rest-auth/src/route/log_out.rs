//! `POST /api/auth/logout`: tokens and tickets are worth nothing any more, and sockets are closed.

use shared::{
    App,
    code::Failure,
    rest::{Call, Reply},
    sign_in::sign_out,
    token::RefreshToken,
};

/// Takes `{refresh_token, everywhere?}`, answers 204. A second log-out is no error.
pub(crate) async fn log_out(app: &App, call: &Call) -> Result<Reply, Failure> {
    super::refresh::count(app, call).await?;
    let fields = call.fields()?;
    let token = RefreshToken(fields.text("refresh_token")?.to_owned());
    let everywhere = fields.optional_flag("everywhere")?.unwrap_or(false);
    sign_out(app, &token, everywhere).await?;
    Ok(Reply::no_content())
}

//! `POST /api/auth/login`: tokens for credentials.

use shared::{
    App,
    code::Failure,
    limit,
    rest::{Call, Reply},
    token::AccessError,
    user::{self, Email, Password},
};

use crate::signed_in::signed_in;

/// Takes `{email, password}`, answers 200 with tokens. A guest who is calling takes their sessions along. What is no address fails like an unknown one, and as slowly.
pub(crate) async fn log_in(app: &App, call: &Call) -> Result<Reply, Failure> {
    // A log-in whose answer was lost comes again, and the first has ended the guest's sign-in.
    let guest = match call.optional_identity(app).await {
        Err(AccessError::SignedOut) => None,
        identity => identity?,
    };
    let fields = call.fields()?;
    let email = Email::parse(fields.text("email")?).ok();
    let password = Password::attempt(fields.text("password")?);
    call.count(limit::attempt(app, &call.client_ip(), email.as_ref()).await?);
    let profile = user::log_in(&app.database, email.as_ref(), password).await?;
    if let Some(guest) = guest {
        user::adopt_guest(app, guest.user_id, profile.user_id).await?;
    }
    Ok(Reply::ok(&signed_in(app, profile).await?))
}

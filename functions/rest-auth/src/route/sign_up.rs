//! `POST /api/auth/signup`: credentials, for a guest or for somebody new.

use shared::{
    App,
    code::Failure,
    limit,
    rest::{Call, Reply},
    user::{self, Email, Password},
};

use crate::signed_in::signed_in;

/// Takes `{email, password, locale?}`, answers 201 with tokens. A guest who is calling stays the same user.
pub(crate) async fn sign_up(app: &App, call: &Call) -> Result<Reply, Failure> {
    let guest = call.optional_identity(app).await?;
    let fields = call.fields()?;
    let email = Email::parse(fields.text("email")?)?;
    let password = Password::parse(fields.text("password")?)?;
    let locale = super::locale(&fields)?;
    call.count(limit::attempt(app, &call.client_ip(), Some(&email)).await?);
    let profile = user::sign_up(&app.database, guest.as_ref(), &email, password, &locale).await?;
    Ok(Reply::created(&signed_in(app, profile).await?))
}

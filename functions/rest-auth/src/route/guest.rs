//! `POST /api/auth/guest`: a user without credentials.

use shared::{
    App,
    code::Failure,
    rest::{Call, Reply},
    user::create_guest,
};

use crate::signed_in::signed_in;

/// Takes `{locale?}`, answers 201 with tokens.
pub(crate) async fn guest(app: &App, call: &Call) -> Result<Reply, Failure> {
    let locale = super::locale(&call.fields()?)?;
    let guest = create_guest(&app.database, &locale).await?;
    Ok(Reply::created(&signed_in(app, guest).await?))
}

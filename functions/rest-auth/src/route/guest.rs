//! `POST /api/auth/guest`: a user without credentials.

use shared::{
    App,
    code::Failure,
    limit::{self, Limit, Who},
    rest::{Call, Reply},
    user::create_guest,
};

use crate::signed_in::signed_in;

/// Takes `{locale?}`, answers 201 with tokens.
pub(crate) async fn guest(app: &App, call: &Call) -> Result<Reply, Failure> {
    let rate = limit::ask(
        app,
        &Who::address(&call.client_ip()),
        &[Limit::guests(&app.config)],
    )
    .await?;
    call.count(rate);
    let locale = super::locale(&call.fields()?)?;
    let guest = create_guest(&app.database, &locale).await?;
    Ok(Reply::created(&signed_in(app, guest).await?))
}

//! `POST /api/auth/refresh`: new tokens for a refresh token, which is used up.

use shared::{
    App,
    code::Failure,
    limit::{self, Limit, RateLimited, Who},
    rest::{Call, Reply},
    sign_in::{self, SIGNED_OUT},
    token::{ExchangeId, RefreshError, RefreshToken},
};

use crate::signed_in::tokens;

/// Takes `{refresh_token, id?}`, answers 200 with tokens: with the same as before, where the same exchange comes again.
pub(crate) async fn refresh(app: &App, call: &Call) -> Result<Reply, Failure> {
    count(app, call).await?;
    let fields = call.fields()?;
    let token = RefreshToken(fields.text("refresh_token")?.to_owned());
    let successors = match fields.optional_text("id")? {
        Some(id) => token.successors(&app.token_keys, &ExchangeId::parse(&id)?),
        None => vec![RefreshToken::random()],
    };
    let (identity, successor) = match token.exchange(&app.database, successors).await {
        Err(
            error @ (RefreshError::Reused { user_id, sign_in }
            | RefreshError::Ended { user_id, sign_in }),
        ) => {
            // The thief and the owner: both are out.
            sign_in::end(app, user_id, &[sign_in], &SIGNED_OUT).await;
            return Err(error.into());
        }
        exchanged => exchanged?,
    };
    Ok(Reply::ok(&tokens(app, &identity, &successor)))
}

/// Refreshes and log-outs are counted by address: whose they are, only the database can tell.
pub(super) async fn count(app: &App, call: &Call) -> Result<(), RateLimited> {
    let address = Who::address(&call.client_ip());
    let rate = limit::ask(app, &address, &[Limit::refreshes(&app.config)]).await?;
    call.count(rate);
    Ok(())
}

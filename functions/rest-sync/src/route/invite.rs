//! `/api/chat/sessions/{id}/invites` and `/api/chat/invites`: links that let somebody into a session.

use std::time::Duration;

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::{Fields, InvalidField},
    limit::{self, Limit, RateLimited, Who},
    rest::{Call, Reply},
    session::{Role, accept_invite, list_invites, make_invite, revoke_invite},
};
use uuid::Uuid;

use super::member::{enter, role};

/// How long an invite holds, in seconds.
const LIFETIME: std::ops::RangeInclusive<i64> = 60..=604_800;
/// A day, unless asked for otherwise.
const DEFAULT_LIFETIME: i64 = 86_400;

/// `POST {role?, expires_in?}`: makes an invite, and shows its secret once.
pub(crate) async fn make(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    let fields = call.fields()?;
    let role = match fields.optional_text("role")? {
        Some(text) => role(&text)?,
        None => Role::Member,
    };
    let lifetime = lifetime(&fields)?;
    count(app, user, call).await?;
    let membership = visitor.enter(&app.database).await?;
    Ok(Reply::created(
        &make_invite(app, &membership, role, lifetime).await?,
    ))
}

/// `GET`: the open ones.
pub(crate) async fn list(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = enter(app, user, call).await?;
    Ok(Reply::ok(
        &json!({ "invites": list_invites(app, &membership).await? }),
    ))
}

/// `DELETE`: makes one worth nothing.
pub(crate) async fn revoke(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    let invite_id = call
        .path_parameter("invite_id")
        .parse()
        .map_err(|_| InvalidField("invite_id"))?;
    let membership = visitor.enter(&app.database).await?;
    revoke_invite(app, &membership, invite_id).await?;
    Ok(Reply::no_content())
}

/// `POST {invite}`: joins the session, and shows it.
pub(crate) async fn accept(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let secret = fields.text("invite")?;
    count(app, user, call).await?;
    Ok(Reply::ok(&accept_invite(app, user, secret).await?))
}

fn lifetime(fields: &Fields) -> Result<Duration, InvalidField> {
    let seconds = fields
        .optional_count("expires_in")?
        .unwrap_or(DEFAULT_LIFETIME);
    if LIFETIME.contains(&seconds) {
        Ok(Duration::from_secs(seconds.unsigned_abs()))
    } else {
        Err(InvalidField("expires_in"))
    }
}

async fn count(app: &App, user: Uuid, call: &Call) -> Result<(), RateLimited> {
    let rate = limit::ask(app, &Who::user(user), &[Limit::invites(&app.config)]).await?;
    call.count(rate);
    Ok(())
}

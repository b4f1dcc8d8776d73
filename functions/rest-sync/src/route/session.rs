//! `/api/chat/sessions`: conversations.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    rest::{Call, Reply},
    session::{self, Title},
};
use uuid::Uuid;

/// `GET`: the caller's sessions, the liveliest first.
pub(crate) async fn list(app: &App, user: Uuid) -> Result<Reply, Failure> {
    Ok(Reply::ok(
        &json!({ "sessions": session::list(app, user).await? }),
    ))
}

/// `POST {title?}`: opens a session that the caller owns.
pub(crate) async fn open(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let lifetime = app.config.message_retention;
    Ok(Reply::created(
        &session::create(app, user, title(call)?, lifetime).await?,
    ))
}

/// `GET {id}`: one session.
pub(crate) async fn read(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    Ok(Reply::ok(&session::find(app, &visitor).await?))
}

/// `PATCH {id} {title?}`: gives a session another title, or none.
pub(crate) async fn rename(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = super::member::enter(app, user, call).await?;
    Ok(Reply::ok(
        &session::rename(app, &membership, title(call)?).await?,
    ))
}

/// `DELETE {id}`: deletes a session for all its members.
pub(crate) async fn delete(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = super::member::enter(app, user, call).await?;
    session::delete(app, &membership).await?;
    Ok(Reply::no_content())
}

fn title(call: &Call) -> Result<Option<Title>, Failure> {
    let title = call.fields()?.optional_text("title")?;
    Ok(title
        .map(|title| Title::parse(&title).ok_or(InvalidField("title")))
        .transpose()?)
}

//! `/api/chat/sessions`: conversations.

use shared::{
    App,
    code::Failure,
    field::{Fields, InvalidField},
    rest::{Call, Reply},
    session::{self, MAX_LISTED, Revision, Settings, Title},
};
use uuid::Uuid;

/// `GET`: the caller's sessions, the liveliest first. Takes `before` and `limit`.
pub(crate) async fn list(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let before = call.query_as("before")?;
    let limit = call.limit(MAX_LISTED, MAX_LISTED)?;
    Ok(Reply::ok(&session::list(app, user, before, limit).await?))
}

/// `POST {title?, settings?}`: opens a session that the caller owns.
pub(crate) async fn open(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let fields = call.fields()?;
    let (title, settings) = (title(&fields)?, settings(&fields)?);
    let lifetime = app.config.session_lifetime();
    let session = session::create(app, user, title, settings, lifetime).await?;
    Ok(Reply::created(&session))
}

/// `GET {id}`: one session.
pub(crate) async fn read(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    Ok(Reply::ok(&session::find(app, &visitor).await?))
}

/// `PATCH {id} {version?, title?, settings?}`: gives a session another title, none where it is null, or other settings.
pub(crate) async fn revise(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    let fields = call.fields()?;
    let revision = Revision {
        version: fields.optional_revision("version")?,
        title: fields.has("title").then(|| title(&fields)).transpose()?,
        settings: settings(&fields)?,
    };
    Ok(Reply::ok(&session::revise(app, &visitor, revision).await?))
}

/// `DELETE {id}`: deletes a session for all its members.
pub(crate) async fn delete(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = super::member::enter(app, user, call).await?;
    session::delete(app, &membership).await?;
    Ok(Reply::no_content())
}

fn title(fields: &Fields) -> Result<Option<Title>, InvalidField> {
    let title = fields.optional_text("title")?;
    title
        .map(|title| Title::parse(&title).ok_or(InvalidField("title")))
        .transpose()
}

fn settings(fields: &Fields) -> Result<Option<Settings>, InvalidField> {
    let settings = fields.optional_object("settings")?;
    settings
        .map(|object| Settings::new(object).ok_or(InvalidField("settings")))
        .transpose()
}

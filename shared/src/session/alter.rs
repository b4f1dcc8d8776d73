//! Another title, other settings.

use tokio_postgres::types::Type;

use super::{Session, SessionError, Settings, Title, Visitor, find, record::tell};
use crate::{App, frame::ServerFrame};

/// What shall become of a session.
#[derive(Debug, Default)]
pub struct Revision {
    /// The version that the client saw; none overwrites whatever is there.
    pub version: Option<i32>,
    /// Another title, or none; left out, it stays.
    pub title: Option<Option<Title>>,
    /// Other settings; left out, they stay.
    pub settings: Option<Settings>,
}

/// Gives a session another title or other settings, and tells its members. Its owner may. Of two revisions of one version the second
/// is a conflict, unless it asks for what the first did: then its answer was lost.
pub async fn revise(
    app: &App,
    visitor: &Visitor,
    revision: Revision,
) -> Result<Session, SessionError> {
    let titled = revision.title.is_some();
    let title = revision.title.flatten().map(|title| title.0);
    let settings = revision.settings.map(|settings| settings.0);
    let [session, user] = visitor.params();
    let params = [
        session,
        user,
        (&revision.version as _, Type::INT4),
        (&titled as _, Type::BOOL),
        (&title as _, Type::TEXT),
        (&settings as _, Type::TEXT),
    ];
    let row = app
        .database
        .query(include_str!("sql/alter.sql"), &params)
        .await?
        .pop()
        .ok_or(SessionError::NotAMember)?;
    match row.get("outcome") {
        "altered" => {
            let frame = ServerFrame::SessionUpdated {
                session_id: visitor.session().as_str(),
                title: row.get("title"),
                settings: row.get("settings"),
                version: row.get("version"),
            };
            tell(app, row.get("audience"), &frame).await;
            find(app, visitor).await
        }
        "duplicate" => find(app, visitor).await,
        "conflict" => {
            let current = find(app, visitor).await?;
            Err(SessionError::Conflict(Box::new(current)))
        }
        "forbidden" => Err(SessionError::Forbidden),
        "session_expired" => Err(SessionError::Expired),
        _ => Err(SessionError::NotAMember),
    }
}

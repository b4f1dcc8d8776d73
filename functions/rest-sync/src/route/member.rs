//! `/api/chat/sessions/{id}/members`: who may use a session.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    rest::{Call, Reply},
    session::{Role, add_member, list_members, remove_member},
};
use uuid::Uuid;

/// `GET`: everybody in the session.
pub(crate) async fn list(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let session = call.session_in_path(&app.session_keys)?;
    Ok(Reply::ok(
        &json!({ "members": list_members(app, user, &session).await? }),
    ))
}

/// `POST {user_id, role}`: adds a member, or gives one another role.
pub(crate) async fn add(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let session = call.session_in_path(&app.session_keys)?;
    let fields = call.fields()?;
    let member = fields.uuid("user_id")?;
    let role = Role::parse(fields.text("role")?)
        .filter(|role| *role != Role::Owner)
        .ok_or(InvalidField("role"))?;
    Ok(Reply::created(
        &add_member(app, user, &session, member, role).await?,
    ))
}

/// `DELETE {user_id}`: removes a member; one's own id leaves the session.
pub(crate) async fn remove(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let session = call.session_in_path(&app.session_keys)?;
    let member = call
        .path_parameter("user_id")
        .parse()
        .map_err(|_| InvalidField("user_id"))?;
    remove_member(app, user, &session, member).await?;
    Ok(Reply::no_content())
}

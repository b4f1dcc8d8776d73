//! `/api/chat/sessions/{id}/members`: who may use a session.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    rest::{Call, Reply},
    session::{Membership, Role, add_member, list_members, remove_member},
};
use uuid::Uuid;

/// The caller as a member of the session that the path names.
pub(super) async fn enter(app: &App, user: Uuid, call: &Call) -> Result<Membership, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    Ok(visitor.enter(&app.database).await?)
}

/// `GET`: everybody in the session.
pub(crate) async fn list(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = enter(app, user, call).await?;
    Ok(Reply::ok(
        &json!({ "members": list_members(app, &membership).await? }),
    ))
}

/// `POST {user_id, role}`: adds a member, or gives one another role.
pub(crate) async fn add(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let membership = enter(app, user, call).await?;
    let fields = call.fields()?;
    let member = fields.uuid("user_id")?;
    let role = role(fields.text("role")?)?;
    Ok(Reply::created(
        &add_member(app, &membership, member, role).await?,
    ))
}

/// `DELETE {user_id}`: removes a member; one's own id leaves the session.
pub(crate) async fn remove(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_path(&app.session_keys, user)?;
    let member = call
        .path_parameter("user_id")
        .parse()
        .map_err(|_| InvalidField("user_id"))?;
    remove_member(app, visitor, member).await?;
    Ok(Reply::no_content())
}

/// A role that can be given: there is one owner.
pub(super) fn role(text: &str) -> Result<Role, InvalidField> {
    Role::parse(text)
        .filter(|role| *role != Role::Owner)
        .ok_or(InvalidField("role"))
}

//! `GET /api/chat/messages`: older messages, page by page.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    message,
    rest::{Call, Reply},
};
use uuid::Uuid;

use super::DEFAULT_PAGE;

/// Messages on a page at most.
const MAX_HISTORY_PAGE: usize = 200;

/// Takes `session_id`, `before_seq` and `limit`.
pub(crate) async fn history(app: &App, user: Uuid, call: &Call) -> Result<Reply, Failure> {
    let visitor = call.session_in_query(&app.session_keys, user)?;
    let before = call.query_as("before_seq")?;
    if before.is_some_and(|before| before < 1) {
        return Err(InvalidField("before_seq").into());
    }
    let limit = call.limit(DEFAULT_PAGE, MAX_HISTORY_PAGE)?;
    let page = message::history(app, &visitor, before, limit).await?;
    Ok(Reply::ok(&json!({
        "messages": page.messages,
        "session_id": visitor.session().as_str(),
        "message_count": page.messages.len(),
        "complete": page.complete,
    })))
}

//! `POST /api/auth/ticket`: what opens a socket.

use serde_json::json;
use shared::{
    App,
    code::Failure,
    field::InvalidField,
    rest::{Call, Reply},
    token::{TICKET_LIFETIME, Ticket},
};

/// A device names itself in at most so many characters.
const MAX_DEVICE_ID_CHARS: usize = 64;

/// Takes `{device_id}`, answers 201 with the ticket, the address to use it at, and how often, in seconds, to ping there.
pub(crate) async fn ticket(app: &App, call: &Call) -> Result<Reply, Failure> {
    let identity = call.identity(app)?;
    let fields = call.fields()?;
    let device_id = fields.text("device_id")?;
    let plain = device_id.chars().all(|c| !c.is_control());
    if !plain || !(1..=MAX_DEVICE_ID_CHARS).contains(&device_id.chars().count()) {
        return Err(InvalidField("device_id").into());
    }
    let ticket = Ticket::issue(&app.token_keys, &identity, device_id);
    Ok(Reply::created(&json!({
        "ticket": ticket.0,
        "url": app.config.websocket_url,
        "expires_in": TICKET_LIFETIME.as_secs(),
        "ping_period": app.config.ping_period.as_secs_f64(),
    })))
}

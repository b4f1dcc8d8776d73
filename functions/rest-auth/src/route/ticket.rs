//! `POST /api/auth/ticket`: what opens a socket.

use serde_json::json;
use shared::{
    App,
    code::{Failure, log_failure},
    field::InvalidField,
    limit::{self, Limit, Who},
    rest::{Call, Reply},
    sign_in,
    token::{AccessError, NotedIn, TICKET_LIFETIME, TicketHolder},
};

/// A device names itself in at most so many characters.
const MAX_DEVICE_ID_CHARS: usize = 64;

/// Takes `{device_id}`, answers 201 with the ticket, the address to use it at, and how often, in seconds, to ping there.
pub(crate) async fn ticket(app: &App, call: &Call) -> Result<Reply, Failure> {
    let mut identity = call.bearer(&app.token_keys)?.ok_or(AccessError::Missing)?;
    // The socket speaks as the page does that opens it, which may not be how the account was made.
    if let Some(language) = call.accepted_language() {
        language.tag().clone_into(&mut identity.locale);
    }
    let fields = call.fields()?;
    let device_id = fields.text("device_id")?;
    let plain = device_id.chars().all(|c| !c.is_control());
    if !plain || !(1..=MAX_DEVICE_ID_CHARS).contains(&device_id.chars().count()) {
        return Err(InvalidField("device_id").into());
    }
    let holder = TicketHolder::new(identity, device_id, call.origin());
    let noted = note(app, call, &holder).await?;
    Ok(Reply::created(&json!({
        "ticket": holder.sign(&app.token_keys, noted).0,
        "url": app.config.websocket_url,
        "expires_in": TICKET_LIFETIME.as_secs(),
        "ping_period": app.config.ping_period.as_secs_f64(),
    })))
}

/// Notes a ticket, if its sign-in still stands. A socket may live for two hours, so PostgreSQL itself is asked; the mark in Redis is
/// enough only while PostgreSQL is away.
async fn note(app: &App, call: &Call, holder: &TicketHolder) -> Result<NotedIn, Failure> {
    let (user, sign_in) = (holder.identity.user_id, holder.identity.sign_in);
    let mut pipeline = redis::pipe();
    holder.note(&mut pipeline);
    sign_in::ask(&mut pipeline, user, sign_in);
    let (user, limits) = (Who::user(user), [Limit::tickets(&app.config)]);
    limit::check(&mut pipeline, &app.config, &user, &limits);
    let (noted, stands) = tokio::join!(
        app.cache.run::<(bool, limit::Answer)>(&pipeline),
        sign_in::stands(&app.database, sign_in)
    );
    let stands = match (&noted, stands) {
        (_, Ok(stands)) => stands,
        (Ok((ended, _)), Err(error)) => {
            log_failure(&error, "asking whether a sign-in stands");
            !ended
        }
        (Err(_), Err(error)) => return Err(error.into()),
    };
    if !stands {
        return Err(AccessError::SignedOut.into());
    }
    match noted {
        Ok((_, answer)) => {
            call.count(limit::decide(&app.config, &limits, &answer)?);
            Ok(NotedIn::Redis)
        }
        Err(error) => {
            log_failure(&error, "noting a ticket");
            limit::open(app, &user, &limits)?;
            holder.note_in_postgres(&app.database).await?;
            Ok(NotedIn::Postgres)
        }
    }
}

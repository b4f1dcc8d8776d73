//! `$connect`, first half: verifies the ticket of a socket that opens and says whose it is.
//!
//! What it returns as context, the gateway attaches to every later event of the socket: no later function looks anybody up.
//! A ticket that is bad or expired answers 401, one that was used before or an address that connects too often 403: an authorizer
//! has no other way to refuse.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{Diagnostic, LambdaEvent, run_concurrent, service_fn};
use serde_json::{Value, json};
use shared::{
    App,
    code::{Code, Failure, log_failure},
    limit::{self, Limit, Who},
    runtime, sign_in,
    token::{NotedIn, TicketError, TicketHolder},
};

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| authorize(app.clone(), event))))
}

async fn authorize(
    app: Arc<App>,
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<Value, Diagnostic> {
    let request = event.payload;
    let ticket = request
        .query_string_parameters
        .first("ticket")
        .unwrap_or_default();
    let ip = request
        .request_context
        .identity
        .source_ip
        .as_deref()
        .unwrap_or_default();
    let origin = request
        .headers
        .get("origin")
        .and_then(|origin| origin.to_str().ok());
    match admit(&app, ticket, origin, ip).await {
        Ok(holder) => Ok(policy("Allow", &holder)),
        Err(Refusal { error, holder }) => {
            match error.code() {
                Code::Internal | Code::Unavailable => log_failure(&*error, "opening a socket"),
                code => tracing::info!(code = code.as_str(), "refused a socket: {error}"),
            }
            match holder {
                Some(holder) => Ok(policy("Deny", &holder)),
                None => Err(unauthorized()),
            }
        }
    }
}

/// Why a socket does not open; with a holder if the ticket itself is good.
struct Refusal {
    error: Failure,
    holder: Option<TicketHolder>,
}

/// Verifies the ticket, uses it up and counts the connect: one round trip to Redis. A ticket that was issued while Redis was away
/// costs one to PostgreSQL as well.
async fn admit(
    app: &App,
    ticket: &str,
    origin: Option<&str>,
    ip: &str,
) -> Result<TicketHolder, Refusal> {
    let (holder, noted) =
        TicketHolder::verify(&app.token_keys, ticket).map_err(|error| Refusal {
            error: error.into(),
            holder: None,
        })?;
    match use_up(app, &holder, noted, origin, ip).await {
        Ok(()) => Ok(holder),
        Err(error) => Err(Refusal {
            error,
            holder: Some(holder),
        }),
    }
}

async fn use_up(
    app: &App,
    holder: &TicketHolder,
    noted: NotedIn,
    origin: Option<&str>,
    ip: &str,
) -> Result<(), Failure> {
    holder.require_origin(origin)?;
    let (address, connects) = (Who::address(ip), [Limit::connects(&app.config)]);
    if noted == NotedIn::Postgres {
        limit::ask(app, &address, &connects).await?;
        return match holder.use_up_in_postgres(&app.database).await? {
            true => Ok(()),
            false => Err(TicketError::Used.into()),
        };
    }
    let mut pipeline = redis::pipe();
    holder.use_up(&mut pipeline);
    let identity = &holder.identity;
    sign_in::ask(&mut pipeline, identity.user_id, identity.sign_in);
    limit::check(&mut pipeline, &app.config, &address, &connects);
    // Without Redis nobody can tell a first use from a second: the client asks for another ticket, which PostgreSQL notes.
    let (first_use, signed_out, answer): (bool, bool, limit::Answer) =
        app.cache.run(&pipeline).await?;
    if !first_use {
        return Err(TicketError::Used.into());
    }
    if signed_out {
        return Err(TicketError::SignedOut.into());
    }
    limit::decide(&app.config, &connects, &answer)?;
    Ok(())
}

/// The one error text that the gateway answers with 401.
fn unauthorized() -> Diagnostic {
    Diagnostic {
        error_type: Code::Unauthorized.as_str().to_owned(),
        error_message: "Unauthorized".to_owned(),
    }
}

fn policy(effect: &str, holder: &TicketHolder) -> Value {
    json!({
        "principalId": holder.identity.user_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": "*" }],
        },
        "context": {
            "user_id": holder.identity.user_id,
            "sign_in": holder.identity.sign_in,
            "device_id": holder.device_id,
            "locale": holder.identity.locale,
        },
    })
}

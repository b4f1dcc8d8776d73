//! `$disconnect`: forgets the connection. The gateway does its best to call this and may not; the heartbeat finds what is left.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{LambdaEvent, run_concurrent, service_fn};
use serde_json::{Value, json};
use shared::{
    App,
    code::log_failure,
    connection::{self, NoIdentity, Socket, Target},
    runtime,
};

fn main() -> Result<(), lambda_runtime::Error> {
    runtime::run(|app| run_concurrent(service_fn(move |event| disconnect(app.clone(), event))))
}

async fn disconnect(
    app: Arc<App>,
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<Value, NoIdentity> {
    let Socket {
        user_id,
        connection_id,
        ..
    } = Socket::from_context(&event.payload.request_context)?;
    if let Err(error) = connection::forget(
        &app.cache,
        &[Target {
            user_id,
            connection_id,
        }],
    )
    .await
    {
        log_failure(&error, "forgetting a connection");
    }
    Ok(json!({ "statusCode": 200 }))
}

//! `$connect`, second half: registers the connection, so that others' messages find it.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use lambda_runtime::{LambdaEvent, run_concurrent, service_fn};
use serde_json::{Value, json};
use shared::{
    App,
    code::log_failure,
    connection::{self, NoIdentity, Socket},
    telemetry,
};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let app = App::from_env()?;
    run_concurrent(service_fn(move |event| connect(app.clone(), event))).await
}

async fn connect(
    app: Arc<App>,
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
) -> Result<Value, NoIdentity> {
    let socket = Socket::from_context(&event.payload.request_context)?;
    if let Err(error) = connection::register(&app.cache, &socket).await {
        // The socket opens all the same: its first ping registers it.
        log_failure(&error, "registering a connection");
    }
    Ok(json!({ "statusCode": 200 }))
}

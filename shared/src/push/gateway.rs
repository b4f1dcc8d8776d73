//! The management API of the socket's stage.

use std::{
    env,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_sdk_apigatewaymanagement::{
    Client,
    config::{
        BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
        retry::RetryConfig, timeout::TimeoutConfig,
    },
    error::{DisplayErrorContext, SdkError},
    operation::{
        delete_connection::DeleteConnectionError, post_to_connection::PostToConnectionError,
    },
    primitives::Blob,
};
use tokio::{sync::Semaphore, time::timeout};

use super::{CONCURRENCY, Delivery, plain::Plain};
use crate::config::{Config, ConfigError};

/// One request; a gateway that takes longer is treated as failing.
const POST_TIMEOUT: Duration = Duration::from_secs(2);
/// What a program that no Lambda starts signs for.
const REGION: &str = "us-east-1";
/// Before the second try, at random up to this: those who failed together must not come back together.
const MAX_JITTER: Duration = Duration::from_millis(100);

/// A client of the management API, built at the first push: building it costs more than the rest of a start.
#[derive(Debug, Clone)]
pub struct Gateway {
    endpoint: String,
    client: Arc<OnceLock<Client>>,
    posts: Arc<Semaphore>,
}

impl Gateway {
    /// A client for `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let endpoint = config.management_url.clone();
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            let name = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI";
            return Err(ConfigError::Invalid {
                name,
                expected: "an https:// address",
            });
        }
        Ok(Self {
            endpoint,
            client: Arc::default(),
            posts: Arc::new(Semaphore::new(CONCURRENCY)),
        })
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            // Lambda hands credentials to the process; the SDK's chain of providers would bring SSO and OIDC for nothing.
            let variable = |name| env::var(name).unwrap_or_default();
            let credentials = Credentials::new(
                variable("AWS_ACCESS_KEY_ID"),
                variable("AWS_SECRET_ACCESS_KEY"),
                env::var("AWS_SESSION_TOKEN").ok(),
                None,
                "lambda-environment",
            );
            let config = aws_sdk_apigatewaymanagement::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(
                    env::var("AWS_REGION").unwrap_or_else(|_| REGION.to_owned()),
                ))
                .credentials_provider(credentials)
                .endpoint_url(&self.endpoint)
                .timeout_config(TimeoutConfig::disabled())
                // These credentials stay what they are for as long as the process lives.
                .identity_cache(IdentityCache::no_cache())
                // A frame is no stream, and the time-out above ends a post that stands still.
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                // The SDK would retry three times with a second between: a push has no such time.
                .retry_config(RetryConfig::disabled())
                .interceptor(Plain::new())
                .build();
            Client::from_conf(config)
        })
    }

    /// Posts a frame to a connection, once more after a fault that may pass. Waits where so many posts are under way already.
    pub(super) async fn post(&self, connection_id: &str, data: &str) -> Delivery {
        let _permit = self.posts.acquire().await;
        match self.try_post(connection_id, data).await {
            Delivery::Throttled | Delivery::Failed => {
                tokio::time::sleep(MAX_JITTER.mul_f64(rand::random())).await;
                self.try_post(connection_id, data).await
            }
            done => done,
        }
    }

    async fn try_post(&self, connection_id: &str, data: &str) -> Delivery {
        let request = self
            .client()
            .post_to_connection()
            .connection_id(connection_id)
            .data(Blob::new(data));
        // Our own time-out, not the SDK's: that one costs each post a tenth more processor time.
        let Ok(sent) = timeout(POST_TIMEOUT, request.send()).await else {
            return Delivery::Failed;
        };
        match sent {
            Ok(_) => Delivery::Delivered,
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                PostToConnectionError::GoneException(_) => Delivery::Gone,
                PostToConnectionError::LimitExceededException(_) => Delivery::Throttled,
                _ if failure.raw().status().as_u16() == 410 => Delivery::Gone,
                _ if failure.raw().status().as_u16() == 429 => Delivery::Throttled,
                _ => Delivery::Failed,
            },
            Err(_) => Delivery::Failed,
        }
    }

    /// Closes a connection. One that is gone already is as good as closed.
    pub(super) async fn delete(&self, connection_id: &str) {
        let request = self
            .client()
            .delete_connection()
            .connection_id(connection_id);
        match timeout(POST_TIMEOUT, request.send()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.as_service_error().is_some_and(is_gone) => {}
            Ok(Err(error)) => tracing::warn!(
                "closing a connection failed: {}",
                DisplayErrorContext(error)
            ),
            Err(_) => tracing::warn!("closing a connection took longer than {POST_TIMEOUT:?}"),
        }
    }
}

fn is_gone(error: &DeleteConnectionError) -> bool {
    error.is_gone_exception()
}

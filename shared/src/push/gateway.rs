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
                wait_a_moment().await;
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

    /// Closes a connection, with a second try after a fault that may pass. One that is gone already is as good as closed.
    pub(super) async fn delete(&self, connection_id: &str) {
        if !self.try_delete(connection_id).await {
            wait_a_moment().await;
            self.try_delete(connection_id).await;
        }
    }

    /// Whether it is closed.
    async fn try_delete(&self, connection_id: &str) -> bool {
        let request = self
            .client()
            .delete_connection()
            .connection_id(connection_id);
        match timeout(POST_TIMEOUT, request.send()).await {
            Ok(Ok(_)) => return true,
            Ok(Err(error)) if error.as_service_error().is_some_and(is_gone) => return true,
            Ok(Err(error)) => tracing::warn!(
                "closing a connection failed: {}",
                DisplayErrorContext(error)
            ),
            Err(_) => tracing::warn!("closing a connection took longer than {POST_TIMEOUT:?}"),
        }
        false
    }
}

async fn wait_a_moment() {
    tokio::time::sleep(MAX_JITTER.mul_f64(rand::random())).await;
}

fn is_gone(error: &DeleteConnectionError) -> bool {
    error.is_gone_exception()
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::config::tests::read;

    /// A management API that gives these statuses, one a request, and the requests that it then has seen.
    async fn requests(listener: TcpListener, statuses: &[&str]) -> Vec<String> {
        let mut seen = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let size = stream.read(&mut request).await.unwrap();
            let head = String::from_utf8_lossy(&request[..size]).into_owned();
            seen.push(head.lines().next().unwrap_or_default().to_owned());
            let answer =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        seen
    }

    #[tokio::test]
    async fn a_close_that_was_refused_is_tried_once_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = Config {
            management_url: format!("http://{}/prod", listener.local_addr().unwrap()),
            ..read(&[]).unwrap()
        };
        let gateway = Gateway::new(&config).unwrap();
        let statuses = ["429 Too Many Requests", "204 No Content"];
        let both = async { tokio::join!(requests(listener, &statuses), gateway.delete("phone")) };
        let (seen, ()) = timeout(POST_TIMEOUT, both).await.unwrap();
        assert_eq!(seen, ["DELETE /prod/@connections/phone HTTP/1.1"; 2]);
    }
}

//! A client of the REST API that expects failures.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// Longer than the gateway waits for a function would be true to life, and too long for a run of a minute.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an answer has whose request was counted against a limit.
const RATE: &str = "x-ratelimit-limit";

/// A client of the REST API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Rest {
    client: Client,
    url: String,
}

/// A success.
#[derive(Debug, Clone)]
pub struct RestReply {
    /// The document.
    pub body: Value,
    /// Whether it tells what is left of a limit.
    pub has_rate: bool,
}

/// Why there is no answer that helps.
#[derive(Debug, Clone)]
pub enum RestError {
    /// It was not done, and trying again does not help.
    Refused {
        /// Such as 403.
        status: u16,
        /// The stable code.
        code: String,
        /// The whole document.
        document: Value,
    },
    /// Nobody knows whether it was done.
    Unknown(String),
}

impl Rest {
    /// A client of a stack.
    pub fn new(url: String) -> Self {
        Self {
            // The stack runs on this machine, whatever proxy the environment names.
            client: Client::builder()
                .no_proxy()
                .build()
                .expect("it needs nothing but memory"),
            url,
        }
    }

    /// Asks.
    pub async fn ask(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<RestReply, RestError> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .query(query)
            .timeout(PATIENCE);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let unknown = |error: reqwest::Error| RestError::Unknown(error.to_string());
        let response = request.send().await.map_err(unknown)?;
        let status = response.status();
        let has_rate = response.headers().contains_key(RATE);
        let bytes = response.bytes().await.map_err(unknown)?;
        let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(RestReply {
                body: document,
                has_rate,
            });
        }
        Err(failure(status, document))
    }
}

fn failure(status: StatusCode, document: Value) -> RestError {
    let code = document["code"].as_str().unwrap_or_default();
    if status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || document["retry"] == true && code != "token_expired"
    {
        return RestError::Unknown(format!("{status} {code}"));
    }
    RestError::Refused {
        status: status.as_u16(),
        code: code.to_owned(),
        document,
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server that gives one answer, with these lines among its headers.
    async fn answering(headers: &'static str) -> Rest {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 201 Created\r\n{headers}content-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        Rest::new(url)
    }

    #[tokio::test]
    async fn a_rate_over_rest_is_in_the_headers() {
        for (headers, has_rate) in [("X-RateLimit-Limit: 10\r\n", true), ("", false)] {
            let rest = answering(headers).await;
            let reply = rest.ask(None, Method::POST, "/", &[], None).await;
            assert_eq!(reply.unwrap().has_rate, has_rate, "{headers}");
        }
    }
}

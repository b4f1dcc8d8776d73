//! A client of the REST API that expects failures.

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

/// Longer than the gateway waits for a function would be true to life, and too long for a run of a minute.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the REST API; cheap to clone.
#[derive(Debug, Clone)]
pub struct Rest {
    client: Client,
    url: String,
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
            client: Client::new(),
            url,
        }
    }

    /// Asks, and gives the body of a success.
    pub async fn ask(
        &self,
        token: Option<&str>,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, RestError> {
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
        let bytes = response.bytes().await.map_err(unknown)?;
        let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(document);
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

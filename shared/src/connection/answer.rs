//! What a socket's function answers to its event.

use serde::Serialize;

/// An answer as API Gateway takes it. For `$connect` the status decides whether the socket opens; of a frame's answer the body goes to
/// the sender, where there is one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketAnswer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl SocketAnswer {
    /// A status of HTTP and nothing more.
    pub fn status(status_code: u16) -> Self {
        Self {
            status_code,
            body: None,
        }
    }

    /// Success, and what goes to the sender.
    pub fn body(body: Option<String>) -> Self {
        Self {
            status_code: 200,
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_body_has_no_such_field() {
        let json = |answer: &SocketAnswer| serde_json::to_string(answer).unwrap();
        let refused = SocketAnswer::status(403);
        assert_eq!(json(&refused), r#"{"statusCode":403}"#);
        let nothing = SocketAnswer::body(None);
        assert_eq!(json(&nothing), r#"{"statusCode":200}"#);
        let pong = SocketAnswer::body(Some("{}".to_owned()));
        assert_eq!(json(&pong), r#"{"statusCode":200,"body":"{}"}"#);
    }
}

//! The frames that API Gateway writes by itself.

use super::outbox::Outgoing;

/// Why a message got no answer of its function's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No route, and no `$default`.
    NoRoute,
    /// Too many messages, of this route or of the account.
    Throttled,
    /// The function failed or could not be invoked.
    Integration,
    /// The function took longer than its route allows.
    TimedOut,
}

impl Failure {
    /// The frame that the sender gets. The spaces are AWS's: one, after the first colon.
    pub(super) fn frame(self, connection_id: &str, request_id: &str) -> Outgoing {
        let message = match self {
            Self::NoRoute => "Forbidden",
            Self::Throttled => "Too Many Requests",
            Self::Integration => "Internal server error",
            Self::TimedOut => "Endpoint request timed out",
        };
        Outgoing::from(format!(
            r#"{{"message": "{message}", "connectionId":"{connection_id}", "requestId":"{request_id}"}}"#
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_frames_have_the_spaces_of_aws() {
        for (failure, expected) in [
            (
                Failure::NoRoute,
                r#"{"message": "Forbidden", "connectionId":"C", "requestId":"R"}"#,
            ),
            (
                Failure::Throttled,
                r#"{"message": "Too Many Requests", "connectionId":"C", "requestId":"R"}"#,
            ),
            (
                Failure::Integration,
                r#"{"message": "Internal server error", "connectionId":"C", "requestId":"R"}"#,
            ),
            (
                Failure::TimedOut,
                r#"{"message": "Endpoint request timed out", "connectionId":"C", "requestId":"R"}"#,
            ),
        ] {
            assert_eq!(failure.frame("C", "R"), Outgoing::from(expected.to_owned()));
        }
    }
}

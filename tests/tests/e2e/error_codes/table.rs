//! The table itself.

use shared::code::Code;

/// Where the codes are provoked.
const SOURCES: [&str; 8] = [
    include_str!("content.rs"),
    include_str!("credentials.rs"),
    include_str!("field.rs"),
    include_str!("handshake.rs"),
    include_str!("limit.rs"),
    include_str!("member.rs"),
    include_str!("session.rs"),
    include_str!("token.rs"),
];

/// `unavailable` is told by the story of PostgreSQL away; `internal` is a fault of ours that nobody outside can provoke.
const ELSEWHERE: [Code; 2] = [Code::Unavailable, Code::Internal];

#[test]
fn no_code_is_left_without_a_test() {
    let provoked = |code: &Code| {
        let name = format!("Code::{code:?}");
        let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
        SOURCES
            .iter()
            .any(|source| source.split(&name).skip(1).any(ends))
    };
    let left: Vec<&Code> = Code::ALL.iter().filter(|code| !provoked(code)).collect();
    assert!(left.iter().copied().eq(&ELSEWHERE), "{left:?}");
}

#[test]
fn the_table_is_what_clients_rely_on() {
    let rows = Code::ALL.iter().map(|code| {
        let retry = if code.retry() { "retry" } else { "final" };
        format!("{} {retry} {}", code.status(), code.as_str())
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r"
    400 final malformed_frame
    400 final unknown_type
    400 final malformed_body
    400 final invalid_field
    400 final message_empty
    413 final message_too_large
    413 final metadata_too_large
    409 final idempotency_conflict
    409 final conflict
    410 final reset
    400 final invalid_session_id
    403 final not_a_member
    403 final forbidden
    410 final session_expired
    404 final user_not_found
    404 final invite_invalid
    409 final limit_reached
    404 final message_not_found
    404 final not_found
    401 final unauthorized
    401 retry token_expired
    401 final invalid_credentials
    409 final email_taken
    409 final already_signed_up
    400 final invalid_email
    400 final invalid_password
    401 final refresh_token_invalid
    401 final refresh_token_reused
    401 final ticket_invalid
    401 retry ticket_expired
    403 retry ticket_used
    429 retry rate_limited
    429 retry quota_exceeded
    503 retry unavailable
    500 retry internal
    ");
}

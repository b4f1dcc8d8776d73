//! Members that there are none of, or too many.

use serde_json::json;
use shared::code::Code;
use tests::TestStack;

use super::assert_problem;

#[tokio::test]
async fn an_invite_is_valid_and_a_session_has_room() {
    let stack = TestStack::with()
        .variable("MEMBERS_PER_SESSION", "1")
        .variable("SESSIONS_PER_USER", "1")
        .no_schedules()
        .start()
        .await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = ada.open_session("one").await;
    let invite = ada.rest.invite(&session, &json!({})).await.ok();
    let secret = invite["invite"].as_str().unwrap();
    for full in [
        ada.rest.open_session("two").await,
        ada.rest.add_member(&session, &bob.id, "member").await,
        bob.rest.accept_invite(secret).await,
    ] {
        assert_problem(&full, Code::LimitReached, None);
    }
    let unknown = bob.rest.accept_invite("nobody's").await;
    assert_problem(&unknown, Code::InviteInvalid, None);
}

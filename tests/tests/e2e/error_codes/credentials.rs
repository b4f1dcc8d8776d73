//! Accounts and passwords.

use shared::code::Code;
use tests::TestStack;

use super::assert_problem;

#[tokio::test]
async fn an_account_needs_a_free_address_and_a_password_that_can_be_one() {
    let stack = TestStack::with().no_schedules().start().await;
    let nobody = stack.rest();
    for email in ["ada", "ada@host", "a da@example.org", "ada@example..org"] {
        let refused = nobody.sign_up(email, "long enough").await;
        assert_problem(&refused, Code::InvalidEmail, Some("email"));
    }
    for password in ["7 chars", &"p".repeat(257)] {
        let refused = nobody.sign_up("ada@example.org", password).await;
        assert_problem(&refused, Code::InvalidPassword, Some("password"));
    }
    // What was refused made no account: the shortest password and then the longest find their addresses free.
    let ada = stack.sign_up("ada@example.org", "8 chars!").await;
    stack.sign_up("bob@example.org", &"p".repeat(256)).await;

    let refused = nobody.sign_up("ADA@example.org", "long enough").await;
    assert_problem(&refused, Code::EmailTaken, None);
    let refused = ada
        .rest
        .sign_up("lovelace@example.org", "long enough")
        .await;
    assert_problem(&refused, Code::AlreadySignedUp, None);
    for (email, password) in [
        ("ada@example.org", "8 chars?"),
        ("eve@example.org", "8 chars!"),
        ("no address", "8 chars!"),
        ("ada@example.org", ""),
    ] {
        let refused = nobody.log_in(email, password).await;
        assert_problem(&refused, Code::InvalidCredentials, None);
    }
    nobody.log_in("ada@example.org", "8 chars!").await.ok();
}

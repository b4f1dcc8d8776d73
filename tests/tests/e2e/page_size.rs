//! Pages and lists of what is large once more when it is escaped: Lambda's answer has the body as a JSON string.

use std::collections::HashSet;

use serde_json::Value;
use tests::{Conversation, TestStack, User};

/// Of these, as large as messages can be, more than Lambda's 6 MB when escaped and less before.
const MESSAGES: usize = 160;

/// Has a member say something that doubles when it is escaped, and once more when that is.
async fn say(stack: &TestStack, user: &User, session: &str, times: usize) {
    let id = session.split('.').next().unwrap();
    let sql = format!(
        "SELECT count(message_send('{id}', '{}', 'k' || n, gen_random_uuid(), repeat('\"', 8192), \
         jsonb_build_object('q', repeat('\"', 2000)), '90 days')) FROM generate_series(1, {times}) n",
        user.id
    );
    stack.database().await.simple_query(&sql).await.unwrap();
}

fn count(page: &Value) -> usize {
    page["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn pages_of_the_largest_messages_stay_within_lambdas_answer() {
    let stack = TestStack::with().no_schedules().start().await;
    let Conversation { ada, shop, session } = stack.conversation().await;
    say(&stack, &shop, &session, MESSAGES).await;

    let (mut read, mut cursor) = (0, "0".to_owned());
    loop {
        let query = [("after_change", &*cursor), ("limit", "500")];
        let page = ada.rest.since(&session, &query).await.ok();
        read += count(&page);
        if page["complete"] == true {
            break;
        }
        assert!(count(&page) > 0, "it goes on");
        cursor = page["change"].to_string();
    }
    assert_eq!(read, MESSAGES);

    let (mut read, mut before) = (0, MESSAGES as i64 + 1);
    loop {
        let query = [("before_seq", &*before.to_string()), ("limit", "200")];
        let page = ada.rest.history(&session, &query).await.ok();
        read += count(&page);
        if page["complete"] == true {
            break;
        }
        before = page["messages"][0]["seq"].as_i64().unwrap();
    }
    assert_eq!(read, MESSAGES);
}

#[tokio::test]
async fn nobody_is_kept_from_their_list_by_sessions_whose_last_messages_are_large() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    for _ in 0..MESSAGES {
        let session = ada.open_session("Large").await;
        say(&stack, &ada, &session, 1).await;
    }
    let mut page = ada.rest.sessions().await.ok();
    let mut listed = HashSet::new();
    loop {
        let sessions = page["sessions"].as_array().unwrap();
        assert!(!sessions.is_empty(), "it goes on");
        for session in sessions {
            assert!(session["last_message"].is_object());
            listed.insert(session["session_id"].to_string());
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        page = ada.rest.sessions_page(&[("before", next)]).await.ok();
    }
    assert_eq!(listed.len(), MESSAGES);
}

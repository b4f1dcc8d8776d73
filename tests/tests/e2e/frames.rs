//! Every frame that the server sends, whole.

use std::time::Duration;

use insta::assert_compact_json_snapshot as assert_frame;
use serde_json::json;
use tests::{Device, TestStack, User};
use tokio::time::sleep;

use crate::redacted::redacted;

#[tokio::test]
async fn every_frame_has_its_form() {
    // The fourth message or alteration meets the quota, and a second of silence ends a socket.
    let stack = TestStack::with()
        .variable("QUOTA_MESSAGES", "3")
        .variable("WS_PONG_WAIT", "1s");
    let stack = stack.no_schedules().start().await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    let session = &ada.open_session("frames").await;
    ada.rest.add_member(session, &bob.id, "member").await.ok();
    let (mut adas, mut bobs) = (ada.device("phone").await, bob.device("phone").await);

    let settings = redacted();
    let _guard = settings.bind_to_scope();
    what_is_stored(session, &mut adas, &mut bobs).await;
    what_is_not(session, &mut adas, &mut bobs).await;
    what_was_missed(session, &mut adas).await;
    what_is_altered(session, &mut adas, &mut bobs).await;
    what_is_refused(session, &mut adas).await;
    what_is_hinted_at(&ada, &bob, &mut bobs).await;
    the_end(&stack, &mut adas).await;
}

async fn what_is_stored(session: &str, adas: &mut Device, bobs: &mut Device) {
    let message = json!({
        "type": "message", "id": "m1", "session_id": session, "content": "Grüße",
        "metadata": {"client": "e2e", "n": 1}, "unknown": "is ignored",
    });
    assert_frame!(adas.request(message.clone()).await, {".rate.reset" => "[seconds]"}, @r#"
    {
      "cursor": "[cursor]",
      "duplicate": false,
      "id": "m1",
      "message": {
        "change": 1,
        "created_at": "[time]",
        "id": "[message]",
        "rev": 1,
        "seq": 1,
        "session_id": "[session]"
      },
      "rate": {
        "limit": 100000,
        "remaining": 99999,
        "reset": "[seconds]"
      },
      "reached": 1,
      "type": "ack"
    }
    "#);
    assert_frame!(bobs.next().await, @r#"
    {
      "cursor": "[cursor]",
      "message": {
        "change": 1,
        "content": "Grüße",
        "created_at": "[time]",
        "id": "[message]",
        "metadata": {
          "client": "e2e",
          "n": 1
        },
        "rev": 1,
        "role": "owner",
        "seq": 1,
        "session_id": "[session]",
        "user_id": "[user]"
      },
      "prev": 0,
      "type": "message"
    }
    "#);
    assert_frame!(adas.request(message).await["duplicate"], @r"true");
}

async fn what_is_not(session: &str, adas: &mut Device, bobs: &mut Device) {
    adas.send(&json!({"type": "ping"})).await;
    assert_frame!(adas.next().await, @r#"{"behind": [], "server_time": "[time]", "type": "pong"}"#);
    bobs.send(&json!({"type": "user_typing", "session_id": session, "typing": true}))
        .await;
    assert_frame!(adas.next().await, @r#"{"expires_in": 6000, "session_id": "[session]", "type": "user_typing", "typing": true, "user_id": "[user]"}"#);
    let read = json!({"type": "read", "id": "r1", "session_id": session, "seq": 9});
    assert_frame!(bobs.request(read).await, @r#"{"id": "r1", "seq": 1, "session_id": "[session]", "type": "ack"}"#);
    assert_frame!(adas.next().await, @r#"{"seq": 1, "session_id": "[session]", "type": "read", "user_id": "[user]"}"#);
}

async fn what_was_missed(session: &str, adas: &mut Device) {
    adas.send(&json!({"type": "ping", "cursors": {session: 0}}))
        .await;
    assert_frame!(adas.next().await, {".behind[]" => "[session]"}, @r#"{"behind": ["[session]"], "server_time": "[time]", "type": "pong"}"#);
    let sync = json!({"type": "sync", "id": "s1", "cursors": {session: 0}});
    assert_frame!(adas.request(sync).await, @r#"
    {
      "id": "s1",
      "sessions": [
        {
          "change": 1,
          "complete": true,
          "cursor": "[cursor]",
          "messages": [
            {
              "change": 1,
              "content": "Grüße",
              "created_at": "[time]",
              "id": "[message]",
              "metadata": {
                "client": "e2e",
                "n": 1
              },
              "rev": 1,
              "role": "owner",
              "seq": 1,
              "session_id": "[session]",
              "user_id": "[user]"
            }
          ],
          "session_id": "[session]"
        }
      ],
      "type": "sync"
    }
    "#);
    let forged = json!({"type": "sync", "id": "s2", "cursors": {"forged": 3}});
    assert_frame!(adas.request(forged).await["sessions"][0]["error"], @r#""invalid_session_id""#);
}

async fn what_is_altered(session: &str, adas: &mut Device, bobs: &mut Device) {
    let sync = json!({"type": "sync", "cursors": {session: 0}});
    let said = adas.request(sync).await["sessions"][0]["messages"][0].take();
    assert_frame!(adas.edit(&said, 1, "Gruß").await, {".rate.reset" => "[seconds]", ".rate.remaining" => "[count]", ".id" => "[request]"}, @r#"
    {
      "cursor": "[cursor]",
      "duplicate": false,
      "id": "[request]",
      "message": {
        "change": 2,
        "created_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "rev": 2,
        "seq": 1,
        "session_id": "[session]"
      },
      "rate": {
        "limit": 100000,
        "remaining": "[count]",
        "reset": "[seconds]"
      },
      "reached": 1,
      "type": "ack"
    }
    "#);
    assert_frame!(bobs.next_of("message_updated").await, @r#"
    {
      "cursor": "[cursor]",
      "message": {
        "change": 2,
        "content": "Gruß",
        "created_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "metadata": {
          "client": "e2e",
          "n": 1
        },
        "rev": 2,
        "role": "owner",
        "seq": 1,
        "session_id": "[session]",
        "user_id": "[user]"
      },
      "prev": 1,
      "type": "message_updated"
    }
    "#);
    assert_frame!(adas.edit(&said, 1, "Grüße!").await, {".id" => "[request]"}, @r#"
    {
      "code": "conflict",
      "current": {
        "change": 2,
        "content": "Gruß",
        "created_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "metadata": {
          "client": "e2e",
          "n": 1
        },
        "rev": 2,
        "role": "owner",
        "seq": 1,
        "session_id": "[session]",
        "user_id": "[user]"
      },
      "id": "[request]",
      "message": "Somebody was faster; see what it is now.",
      "retry": false,
      "type": "error"
    }
    "#);
    adas.delete(&said, 2).await;
    assert_frame!(bobs.next_of("message_deleted").await, @r#"
    {
      "cursor": "[cursor]",
      "message": {
        "change": 3,
        "content": "",
        "created_at": "[time]",
        "deleted_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "metadata": {},
        "rev": 3,
        "role": "owner",
        "seq": 1,
        "session_id": "[session]",
        "user_id": "[user]"
      },
      "prev": 2,
      "type": "message_deleted"
    }
    "#);
    let elsewhere = json!({"type": "sync", "cursors": {session: "00000000.3"}});
    assert_frame!(adas.request(elsewhere).await["sessions"][0], @r#"{"change": 3, "complete": false, "cursor": "[cursor]", "error": "reset", "messages": [], "session_id": "[session]"}"#);
}

async fn what_is_hinted_at(ada: &User, bob: &User, bobs: &mut Device) {
    let session = &ada.open_session("hints").await;
    ada.rest.add_member(session, &bob.id, "member").await.ok();
    assert_frame!(bobs.next_of("member_joined").await, @r#"
    {
      "member": {
        "joined_at": "[time]",
        "read_seq": 0,
        "role": "member",
        "user_id": "[user]"
      },
      "session_id": "[session]",
      "type": "member_joined"
    }
    "#);
    let revision = json!({"title": "Hints", "settings": {"colour": "blue"}});
    ada.rest.revise_session(session, &revision).await.ok();
    assert_frame!(bobs.next_of("session_updated").await, @r#"{"session_id": "[session]", "settings": {"colour": "blue"}, "title": "Hints", "type": "session_updated", "version": 2}"#);
    let gone = ada.open_session("soon without him").await;
    ada.rest.add_member(&gone, &bob.id, "member").await.ok();
    ada.rest.remove_member(&gone, &bob.id).await;
    assert_frame!(bobs.next_of("member_left").await, @r#"{"session_id": "[session]", "type": "member_left", "user_id": "[user]"}"#);
    ada.rest.delete_session(session).await.ok();
    assert_frame!(bobs.next_of("session_deleted").await, @r#"{"session_id": "[session]", "type": "session_deleted"}"#);
}

async fn what_is_refused(session: &str, adas: &mut Device) {
    adas.send_text("hello").await;
    assert_frame!(adas.next().await, @r#"{"code": "malformed_frame", "message": "The frame is not a JSON object with a type.", "retry": false, "type": "error"}"#);
    let unread = json!({"type": "read", "id": "r2", "session_id": session, "seq": "all"});
    assert_frame!(adas.request(unread).await, @r#"
    {
      "code": "invalid_field",
      "field": "seq",
      "id": "r2",
      "message": "The field seq is missing or has the wrong form.",
      "retry": false,
      "type": "error"
    }
    "#);
    let third =
        json!({"type": "message", "id": "m3", "session_id": session, "content": "too much"});
    assert_frame!(adas.request(third).await, {".retry_after_ms" => "[milliseconds]", ".rate.reset" => "[time]"}, @r#"
    {
      "code": "quota_exceeded",
      "id": "m3",
      "message": "Today's messages are used up; try again in 24 hours.",
      "rate": {
        "limit": 3,
        "remaining": 0,
        "reset": "[time]"
      },
      "retry": true,
      "retry_after_ms": "[milliseconds]",
      "type": "error"
    }
    "#);
}

async fn the_end(stack: &TestStack, adas: &mut Device) {
    sleep(Duration::from_millis(1_100)).await;
    stack.run_schedule("HeartbeatFunctionEveryMinute");
    assert_frame!(adas.next_of("bye").await, @r#"{"code": "ping_timeout", "retry": true, "type": "bye"}"#);
}

//! Every body that the REST API answers with, whole, and the headers of every success.

use insta::{allow_duplicates, assert_compact_json_snapshot as assert_body};
use serde_json::{Value, json};
use tests::{Reply, Rest, TestStack, User};

use crate::redacted::redacted;

/// The body of a success with that status.
#[track_caller]
fn body(reply: Reply, status: u16) -> Value {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply.body
}

#[track_caller]
fn assert_nothing(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), &reply.body), (204, &Value::Null));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

fn text(value: &Value) -> &str {
    value.as_str().expect("its form was checked before")
}

#[tokio::test]
async fn every_body_has_its_form() {
    let stack = TestStack::with().no_schedules().start().await;
    let settings = redacted();
    let _guard = settings.bind_to_scope();
    identity(&stack.rest()).await;
    let (ada, bob) = (stack.guest().await, stack.guest().await);
    sessions(&ada).await;
    let session = ada.open_session("bodies").await;
    members(&ada, &session, &bob).await;
    messages(&ada, &session).await;
    pages(&ada, &session).await;
    history(&ada, &session).await;
    alterations(&ada, &session).await;
    problems(&ada, &session).await;
}

fn assert_tokens(tokens: &Value) {
    allow_duplicates! {
        assert_body!(tokens, @r#"{"access_token": "[jwt]", "expires_in": 900, "refresh_token": "[256 bits]", "user_id": "[user]"}"#);
    }
}

async fn identity(nobody: &Rest) {
    assert_tokens(&body(nobody.guest().await, 201));
    assert_tokens(&body(
        nobody.sign_up("ada@example.org", "long enough").await,
        201,
    ));
    let tokens = body(nobody.log_in("ada@example.org", "long enough").await, 200);
    assert_tokens(&tokens);
    let tokens = body(nobody.refresh(text(&tokens["refresh_token"])).await, 200);
    assert_tokens(&tokens);
    let ada = nobody.with_token(text(&tokens["access_token"]));
    assert_body!(body(ada.ticket("phone").await, 201), {".url" => "[socket]"}, @r#"{"expires_in": 30, "ping_period": 54.0, "ticket": "[jwt]", "url": "[socket]"}"#);
    assert_nothing(&nobody.log_out(text(&tokens["refresh_token"])).await);
}

async fn sessions(ada: &User) {
    let session = body(ada.rest.open_session("Kettles").await, 201);
    assert_body!(session, @r#"
    {
      "change": 0,
      "created_at": "[time]",
      "cursor": "[cursor]",
      "expires_at": "[time]",
      "last_message": null,
      "read_seq": 0,
      "role": "owner",
      "session_id": "[session]",
      "settings": {},
      "title": "Kettles",
      "unread": 0,
      "version": 1
    }
    "#);
    let id = text(&session["session_id"]);
    ada.rest.send(id, "k", "Hello").await.ok();
    assert_body!(body(ada.rest.sessions().await, 200), @r#"
    {
      "next": null,
      "sessions": [
        {
          "change": 1,
          "created_at": "[time]",
          "cursor": "[cursor]",
          "expires_at": "[time]",
          "last_message": {
            "change": 1,
            "content": "Hello",
            "created_at": "[time]",
            "id": "[message]",
            "metadata": {},
            "rev": 1,
            "role": "owner",
            "seq": 1,
            "session_id": "[session]",
            "user_id": "[user]"
          },
          "read_seq": 0,
          "role": "owner",
          "session_id": "[session]",
          "settings": {},
          "title": "Kettles",
          "unread": 0,
          "version": 1
        }
      ]
    }
    "#);
    let listed = ada.rest.sessions().await.ok();
    assert_eq!(
        body(ada.rest.session(id).await, 200),
        listed["sessions"][0],
        "one session is shown as in the list"
    );
    let revision = json!({"version": 1, "title": null, "settings": {"colour": "blue"}});
    let revised = body(ada.rest.revise_session(id, &revision).await, 200);
    assert_body!(revised["title"], @"null");
    assert_body!(revised["settings"], @r#"{"colour": "blue"}"#);
    assert_body!(revised["version"], @"2");
    assert_nothing(&ada.rest.delete_session(id).await);
}

async fn members(ada: &User, session: &str, bob: &User) {
    assert_body!(body(ada.rest.add_member(session, &bob.id, "assistant").await, 201), @r#"{"joined_at": "[time]", "read_seq": 0, "role": "assistant", "user_id": "[user]"}"#);
    assert_body!(body(ada.rest.members(session).await, 200), @r#"
    {
      "members": [
        {
          "joined_at": "[time]",
          "read_seq": 0,
          "role": "owner",
          "user_id": "[user]"
        },
        {
          "joined_at": "[time]",
          "read_seq": 0,
          "role": "assistant",
          "user_id": "[user]"
        }
      ]
    }
    "#);
    assert_nothing(&ada.rest.remove_member(session, &bob.id).await);
}

async fn messages(ada: &User, session: &str) {
    let message =
        json!({"id": "k", "session_id": session, "content": "Grüße", "metadata": {"n": 1}});
    assert_body!(body(ada.rest.post("/api/chat/messages", &message).await, 201), @r#"
    {
      "cursor": "[cursor]",
      "duplicate": false,
      "id": "k",
      "message": {
        "change": 1,
        "created_at": "[time]",
        "id": "[message]",
        "rev": 1,
        "seq": 1,
        "session_id": "[session]"
      }
    }
    "#);
    assert_body!(body(ada.rest.post("/api/chat/messages", &message).await, 200)["duplicate"], @r"true");
}

async fn pages(ada: &User, session: &str) {
    let page = body(ada.rest.since(session, &[("after_change", "0")]).await, 200);
    assert_body!(page, @r#"
    {
      "change": 1,
      "complete": true,
      "cursor": "[cursor]",
      "message_count": 1,
      "messages": [
        {
          "change": 1,
          "content": "Grüße",
          "created_at": "[time]",
          "id": "[message]",
          "metadata": {
            "n": 1
          },
          "rev": 1,
          "role": "owner",
          "seq": 1,
          "session_id": "[session]",
          "user_id": "[user]"
        }
      ],
      "session_id": "[session]",
      "since": 0
    }
    "#);
    let id = text(&page["messages"][0]["id"]);
    let nothing = body(ada.rest.since(session, &[("after_id", id)]).await, 200);
    assert_body!(nothing, {".since" => "[message]"}, @r#"
    {
      "change": 1,
      "complete": true,
      "cursor": "[cursor]",
      "message_count": 0,
      "messages": [],
      "session_id": "[session]",
      "since": "[message]"
    }
    "#);
    let since = [("since", "2026-01-01T00:00:00Z")];
    let page = body(ada.rest.since(session, &since).await, 200);
    assert_body!(page["since"], @r#""2026-01-01T00:00:00Z""#);
}

async fn history(ada: &User, session: &str) {
    assert_body!(body(ada.rest.history(session, &[]).await, 200), @r#"
    {
      "complete": true,
      "message_count": 1,
      "messages": [
        {
          "change": 1,
          "content": "Grüße",
          "created_at": "[time]",
          "id": "[message]",
          "metadata": {
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
    "#);
}

async fn alterations(ada: &User, session: &str) {
    let page = ada.rest.history(session, &[]).await.ok();
    let id = text(&page["messages"][0]["id"]);
    let edit = body(ada.rest.edit(session, id, 1, "Gruß").await, 200);
    assert_body!(edit, @r#"
    {
      "cursor": "[cursor]",
      "duplicate": false,
      "message": {
        "change": 2,
        "created_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "rev": 2,
        "seq": 1,
        "session_id": "[session]"
      }
    }
    "#);
    let late = ada.rest.edit(session, id, 1, "Grüße!").await;
    assert_body!(late.body, @r#"
    {
      "code": "conflict",
      "current": {
        "change": 2,
        "content": "Gruß",
        "created_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "metadata": {
          "n": 1
        },
        "rev": 2,
        "role": "owner",
        "seq": 1,
        "session_id": "[session]",
        "user_id": "[user]"
      },
      "detail": "Somebody was faster; see what it is now.",
      "retry": false,
      "status": 409,
      "title": "Conflict",
      "type": "about:blank"
    }
    "#);
    let deletion = body(ada.rest.delete_message(session, id, 2).await, 200);
    assert_body!(deletion, @r#"
    {
      "cursor": "[cursor]",
      "duplicate": false,
      "message": {
        "change": 3,
        "created_at": "[time]",
        "deleted_at": "[time]",
        "edited_at": "[time]",
        "id": "[message]",
        "rev": 3,
        "seq": 1,
        "session_id": "[session]"
      }
    }
    "#);
}

async fn problems(ada: &User, session: &str) {
    let forged = ada.rest.session("forged").await;
    assert_body!(forged.body, @r#"
    {
      "code": "invalid_session_id",
      "detail": "This is not a session's id.",
      "field": "session_id",
      "retry": false,
      "status": 400,
      "title": "Bad Request",
      "type": "about:blank"
    }
    "#);
    let nobodys = ada
        .rest
        .add_member(session, "00000000-0000-7000-8000-000000000000", "member")
        .await;
    assert_body!(nobodys.body, @r#"
    {
      "code": "user_not_found",
      "detail": "There is no such user.",
      "retry": false,
      "status": 404,
      "title": "Not Found",
      "type": "about:blank"
    }
    "#);
}

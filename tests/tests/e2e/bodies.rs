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
      "expires_at": "[time]",
      "role": "owner",
      "session_id": "[session]",
      "title": "Kettles"
    }
    "#);
    let id = text(&session["session_id"]);
    assert_body!(body(ada.rest.sessions().await, 200), @r#"
    {
      "sessions": [
        {
          "change": 0,
          "created_at": "[time]",
          "expires_at": "[time]",
          "role": "owner",
          "session_id": "[session]",
          "title": "Kettles"
        }
      ]
    }
    "#);
    assert_body!(body(ada.rest.session(id).await, 200), @r#"
    {
      "change": 0,
      "created_at": "[time]",
      "expires_at": "[time]",
      "role": "owner",
      "session_id": "[session]",
      "title": "Kettles"
    }
    "#);
    assert_body!(body(ada.rest.rename_session(id, "Blue").await, 200)["title"], @r#""Blue""#);
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
      "duplicate": false,
      "id": "k",
      "message": {
        "change": 1,
        "created_at": "[time]",
        "id": "[message]",
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
    assert_body!(nothing, {".since" => "[message]"}, @r#"{"change": 1, "complete": true, "message_count": 0, "messages": [], "session_id": "[session]", "since": "[message]"}"#);
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
        .remove_member(session, "00000000-0000-7000-8000-000000000000")
        .await;
    assert_body!(nobodys.body, @r#"
    {
      "code": "member_not_found",
      "detail": "There is no such member in this session.",
      "retry": false,
      "status": 404,
      "title": "Not Found",
      "type": "about:blank"
    }
    "#);
}

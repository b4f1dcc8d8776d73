//! A device that is ten thousand messages behind.

use serde_json::{Value, json};
use tests::{Device, TestStack, User};

const COUNT: i64 = 10_000;
/// The most that a sync answers with.
const MAX_FRAME_BYTES: usize = 28 * 1024;

/// A session in which that much was said, every hundredth message edited since and every thousandth deleted.
async fn long_session(stack: &TestStack, user: &User) -> String {
    let session = user.open_session("Long").await;
    let uuid = session.split('.').next().unwrap();
    let statement = format!(
        "INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at)
         SELECT '{uuid}', n, n, gen_random_uuid(), '{user}', 'owner', n::text, '', 'Message ' || n || repeat('.', (n % 300)::int),
                now() - interval '1 day' + n * interval '1 second'
         FROM generate_series(1, {COUNT}) n;
         UPDATE sessions SET change = {COUNT}, changed_at = now() WHERE id = '{uuid}';
         SELECT message_alter(session_id, user_id, id, 1, CASE WHEN seq % 1000 = 0 THEN NULL ELSE 'Edited ' || seq END, NULL, '1 day')
         FROM messages WHERE session_id = '{uuid}' AND seq % 100 = 0 ORDER BY seq",
        user = user.id
    );
    stack
        .database()
        .await
        .simple_query(&statement)
        .await
        .unwrap();
    session
}

/// What a device knows of the session.
struct Known {
    cursor: Value,
    /// Content by seq.
    messages: std::collections::BTreeMap<i64, String>,
    pages: usize,
}

impl Known {
    fn nothing() -> Self {
        let (cursor, messages) = (json!("0"), Default::default());
        Self {
            cursor,
            messages,
            pages: 0,
        }
    }

    /// Takes a page and says whether it was the last.
    fn take(&mut self, page: &Value) -> bool {
        for message in page["messages"].as_array().unwrap() {
            let content = message["content"].as_str().unwrap().to_owned();
            let seq = message["seq"].as_i64().unwrap();
            assert_eq!(self.messages.insert(seq, content), None, "each comes once");
        }
        self.pages += 1;
        self.cursor = page["cursor"].clone();
        page["complete"].as_bool().unwrap()
    }

    fn assert_everything(&self) {
        assert_eq!(self.messages.len() as i64, COUNT);
        for (seq, content) in &self.messages {
            let expected = match seq {
                seq if seq % 1_000 == 0 => String::new(),
                seq if seq % 100 == 0 => format!("Edited {seq}"),
                seq => format!("Message {seq}{}", ".".repeat((seq % 300) as usize)),
            };
            assert_eq!(*content, expected);
        }
    }
}

/// A device that had everything is told so, and by whom.
async fn is_up_to_date(device: &mut Device, session: &str, cursor: &Value) {
    let ping = json!({"type": "ping", "cursors": {session: cursor}});
    device.send(&ping).await;
    assert_eq!(device.next_of("pong").await["behind"], json!([]));
}

#[tokio::test]
async fn ten_thousand_messages_come_page_by_page_over_rest_and_frame_by_frame_over_sync() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let session = &long_session(&stack, &ada).await;
    let mut phone = ada.device("phone").await;
    // Behind whatever the cache knows: nothing at first, the newest few after that.
    phone
        .send(&json!({"type": "ping", "cursors": {session.as_str(): 0}}))
        .await;
    assert_eq!(phone.next_of("pong").await["behind"], json!([session]));

    let mut known = Known::nothing();
    loop {
        let cursor = known.cursor.as_str().unwrap().to_owned();
        let query = [("cursor", &*cursor), ("limit", "500")];
        if known.take(&ada.rest.since(session, &query).await.ok()) {
            break;
        }
    }
    known.assert_everything();
    assert_eq!(known.pages, 20);
    is_up_to_date(&mut phone, session, &known.cursor).await;

    let mut known = Known::nothing();
    loop {
        let sync = json!({"type": "sync", "cursors": {session.as_str(): known.cursor}});
        let answer = phone.request(sync).await;
        let bytes = answer.to_string().len();
        assert!(bytes <= MAX_FRAME_BYTES, "{bytes} bytes");
        if known.take(&answer["sessions"][0]) {
            break;
        }
    }
    known.assert_everything();
    is_up_to_date(&mut phone, session, &known.cursor).await;
}

/// A sync of many sessions fits into its frame, and one of twenty always gets on, be every message as long as can be.
#[tokio::test]
async fn a_sync_of_many_sessions_fits_and_a_sync_of_twenty_gets_on() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = stack.guest().await;
    let mut phone = ada.device("phone").await;
    let mut sessions = Vec::new();
    for n in 0..100 {
        let session = ada.open_session(&n.to_string()).await;
        if n < 20 {
            let metadata = json!({"m": "m".repeat(4 * 1024 - 8)});
            let message = json!({
                "type": "message", "session_id": session, "content": "c".repeat(16 * 1024), "metadata": metadata,
            });
            assert_eq!(phone.request(message).await["type"], "ack");
        }
        sessions.push(session);
    }
    let id = "\u{1}".repeat(64);
    let cursors: serde_json::Map<String, Value> = sessions
        .iter()
        .map(|session| (session.clone(), json!(0)))
        .collect();
    let answer = phone
        .request(json!({"type": "sync", "id": id, "cursors": cursors}))
        .await;
    let bytes = answer.to_string().len();
    assert!(bytes <= MAX_FRAME_BYTES, "{bytes} bytes");
    let of = |answer: &Value, complete: bool| {
        let sessions = answer["sessions"].as_array().unwrap().iter();
        sessions
            .filter(|session| session["complete"] == complete)
            .count()
    };
    assert_eq!((of(&answer, true), of(&answer, false)), (80, 20));

    let mut cursors: serde_json::Map<String, Value> = sessions[..20]
        .iter()
        .map(|session| (session.clone(), json!(0)))
        .collect();
    for left in (0..20).rev() {
        let answer = phone
            .request(json!({"type": "sync", "id": id, "cursors": cursors}))
            .await;
        let bytes = answer.to_string().len();
        assert!(bytes <= MAX_FRAME_BYTES, "{bytes} bytes");
        for session in answer["sessions"].as_array().unwrap() {
            if session["complete"] == true {
                cursors.remove(session["session_id"].as_str().unwrap());
            }
        }
        assert!(cursors.len() <= left, "{left} should be left: {cursors:?}");
        if cursors.is_empty() {
            break;
        }
    }
    assert!(cursors.is_empty());
}

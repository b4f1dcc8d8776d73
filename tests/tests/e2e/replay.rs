//! Whole conversations over real sockets: a customer on two devices, an assistant as a member.
//!
//! `GATEPOST_CONVERSATIONS` names a file of conversations to replay, one JSON object a line:
//! `{"turns": [{"from": "customer" | "assistant", "text": "…"}]}`. Without it a few short ones are replayed.

use serde_json::{Value, json};
use tests::{Conversation, Device, TestStack};

#[tokio::test]
async fn a_conversation_arrives_complete_once_and_in_order_on_all_three_devices() {
    let stack = TestStack::start().await;
    for turns in conversations() {
        replay(&stack, &turns).await;
    }
}

/// Who said what.
type Turn = (String, String);

async fn replay(stack: &TestStack, turns: &[Turn]) {
    let Conversation {
        ada: customer,
        shop: assistant,
        session,
    } = stack.conversation().await;
    let (mut phone, mut laptop) = (
        customer.device("phone").await,
        customer.device("laptop").await,
    );
    let mut desk = assistant.device("desk").await;

    // What each device knows: acks of what it said, pushes of what the others did.
    let mut seen: [Vec<(i64, String)>; 3] = Default::default();
    for (from, text) in turns {
        let (sender, others) = match from.as_str() {
            "customer" => ((&mut phone, 0), [(&mut laptop, 1), (&mut desk, 2)]),
            _ => ((&mut desk, 2), [(&mut phone, 0), (&mut laptop, 1)]),
        };
        let ack = sender.0.message(&session, text).await;
        assert_eq!(ack["type"], "ack", "{ack}");
        seen[sender.1].push((ack["message"]["change"].as_i64().unwrap(), text.clone()));
        for (device, index) in others {
            seen[index].push(pushed(device).await);
        }
    }
    let expected: Vec<(i64, String)> = (1..)
        .zip(turns.iter().map(|(_, text)| text.clone()))
        .collect();
    for device in &seen {
        assert_eq!(*device, expected);
    }

    let middle = turns.len() / 2;
    let page = laptop_since(&customer, &session, middle).await;
    assert_eq!(page, expected[middle..]);
    for device in [phone, laptop, desk] {
        device.close().await;
    }
}

async fn pushed(device: &mut Device) -> (i64, String) {
    let push = device.next_of("message").await;
    let message = &push["message"];
    assert_eq!(
        push["prev"].as_i64().unwrap() + 1,
        message["change"].as_i64().unwrap()
    );
    said(message)
}

async fn laptop_since(user: &tests::User, session: &str, cursor: usize) -> Vec<(i64, String)> {
    let query = [("after_change", &*cursor.to_string()), ("limit", "500")];
    let page = user.rest.since(session, &query).await.ok();
    assert_eq!(page["complete"], true);
    page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(said)
        .collect()
}

fn said(message: &Value) -> (i64, String) {
    (
        message["change"].as_i64().unwrap(),
        message["content"].as_str().unwrap().to_owned(),
    )
}

fn conversations() -> Vec<Vec<Turn>> {
    let text = match std::env::var("GATEPOST_CONVERSATIONS") {
        Ok(path) => {
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        }
        Err(_) => examples(),
    };
    let turn = |turn: &Value| {
        let part = |name: &str| {
            turn[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {turn}"))
                .to_owned()
        };
        (part("from"), part("text"))
    };
    let conversation = |line: &str| -> Vec<Turn> {
        let conversation: Value = serde_json::from_str(line).unwrap();
        conversation["turns"]
            .as_array()
            .unwrap()
            .iter()
            .map(turn)
            .collect()
    };
    text.lines()
        .filter(|line| !line.is_empty())
        .map(conversation)
        .collect()
}

/// Three conversations with what makes texts hard: several scripts, line breaks, quotes, right-to-left.
fn examples() -> String {
    let turns = |texts: &[&str]| {
        let turn = |(n, text): (usize, &&str)| json!({"from": if n % 3 == 2 { "assistant" } else { "customer" }, "text": text});
        json!({"turns": texts.iter().enumerate().map(turn).collect::<Vec<_>>()}).to_string()
    };
    [
        turns(&[
            "Hello!",
            "I need a kettle \"for tea\"",
            "Sure:\n- blue\n- red",
            "Blue 🫖 please",
            "Danke schön",
            "👍🏽",
        ]),
        turns(&[
            "Здравствуйте",
            "есть чайник?",
            "Да, есть.",
            "שלום",
            "مرحبا",
            "你好",
        ]),
        turns(&[
            "\\ \" / \u{8} \u{c}",
            " leading and trailing ",
            "{\"type\": \"ping\"}",
            "'; DROP TABLE messages; --",
        ]),
    ]
    .join("\n")
}

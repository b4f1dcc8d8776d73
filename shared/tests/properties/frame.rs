use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    code::{Code, Coded},
    frame::ClientFrame,
};

use crate::{json, object};

/// A value that a field may have by right, or anything.
fn field() -> impl Strategy<Value = Value> {
    prop_oneof![
        json(),
        "[a-z]{0,70}".prop_map(Value::from),
        (0..i64::MAX).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        object().prop_map(Value::Object),
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_frame_or_an_error(text in any::<String>()) {
        let (_, frame) = ClientFrame::parse(&text);
        prop_assert!(frame.is_err());
    }

    #[test]
    fn any_object_is_a_frame_or_an_error_under_its_own_id(
        kind in prop::sample::select(ClientFrame::TYPES),
        id in field(), session_id in field(), content in field(), metadata in field(), cursors in field(), rest in field(),
    ) {
        let frame = json!({
            "type": kind, "id": id, "session_id": session_id, "content": content, "metadata": metadata, "cursors": cursors,
            "seq": rest, "typing": rest, "rev": rest, "message_id": rest,
        });
        let (answered, result) = ClientFrame::parse(&frame.to_string());
        prop_assert_eq!(answered.as_deref(), id.as_str().filter(|id| (1..=64).contains(&id.chars().count())));
        if let Err(error) = result {
            prop_assert_eq!(error.code(), Code::InvalidField);
            prop_assert!(error.field().is_some());
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written(id in "[^\0]{1,64}", session_id in any::<String>(), content in any::<String>(), metadata in object()) {
        let frame = json!({"type": "message", "id": id, "session_id": session_id, "content": content, "metadata": metadata});
        let (_, result) = ClientFrame::parse(&frame.to_string());
        let Ok(ClientFrame::Message { id: read_id, session_id: read_session, content: read_content, metadata: read_metadata }) = result else {
            return Err(TestCaseError::fail(format!("{frame} was read as {result:?}")));
        };
        prop_assert_eq!((read_id, read_session, read_content), (id, session_id, content));
        prop_assert_eq!(Value::Object(read_metadata), serde_json::from_str::<Value>(&Value::Object(metadata).to_string()).unwrap());
    }
}

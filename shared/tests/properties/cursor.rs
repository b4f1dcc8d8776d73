use proptest::prelude::*;
use serde_json::Value;
use shared::session::Cursor;

/// Something like a cursor, or anything.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9.]{0,70}",
        "[a-z0-9]{0,20}\\.[+-]?[0-9]{0,22}"
    ]
}

proptest! {
    #[test]
    fn what_is_read_is_printed_and_read_as_the_same(text in text()) {
        if let Some(cursor) = Cursor::parse(&text) {
            prop_assert!(cursor.change >= 0);
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
    }

    #[test]
    fn a_number_or_a_text_is_a_cursor_and_nothing_else(change in any::<i64>(), text in text(), other in crate::json()) {
        prop_assert_eq!(Cursor::from_json(&change.into()), (change >= 0).then(|| Cursor::of_change(change)));
        prop_assert_eq!(Cursor::from_json(&Value::from(text.as_str())), Cursor::parse(&text));
        prop_assert!(other.is_string() || other.is_i64() || Cursor::from_json(&other).is_none());
    }
}

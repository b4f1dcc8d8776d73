//! A cursor: what is read is printed and read again as the same, whatever text it came from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::session::Cursor;

fuzz_target!(|text: &str| {
    if let Some(cursor) = Cursor::parse(text) {
        assert!(cursor.change >= 0);
        assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
    }
    if let Ok(value) = serde_json::from_str::<Value>(text)
        && let Some(cursor) = Cursor::from_json(&value)
    {
        let printed = serde_json::to_value(&cursor).expect("a cursor is plain data");
        assert_eq!(Cursor::from_json(&printed), Some(cursor));
    }
});

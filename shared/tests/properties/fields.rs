use proptest::prelude::*;
use serde_json::{Value, json};
use shared::field::Fields;

use crate::{json, object};

proptest! {
    #[test]
    fn every_reader_takes_any_value(value in json()) {
        let fields = Fields::parse(&json!({"f": value}).to_string()).unwrap();
        prop_assert_eq!(fields.text("f").is_ok(), value.is_string());
        prop_assert_eq!(fields.flag("f").is_ok(), value.is_boolean());
        prop_assert_eq!(fields.count("f").is_ok(), value.as_i64().is_some_and(|number| number >= 0));
        prop_assert_eq!(fields.object("f").is_ok(), value.is_object() || value.is_null());
        prop_assert_eq!(fields.optional_text("f").is_ok(), value.is_string() || value.is_null());
        drop((fields.uuid("f"), fields.cursors("f", 2)));
    }

    #[test]
    fn only_objects_have_fields(value in json()) {
        prop_assert_eq!(Fields::parse(&value.to_string()).is_some(), value.is_object());
    }

    #[test]
    fn a_field_that_nobody_asked_for_changes_nothing(mut others in object(), text in any::<String>()) {
        others.insert("f".to_owned(), text.clone().into());
        let fields = Fields::parse(&Value::Object(others).to_string()).unwrap();
        prop_assert_eq!(fields.text("f"), Ok(text.as_str()));
    }
}

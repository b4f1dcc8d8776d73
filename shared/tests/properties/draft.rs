use proptest::prelude::*;
use serde_json::Value;
use shared::message::{Draft, MAX_CONTENT_BYTES, MAX_METADATA_BYTES};

use crate::object;

proptest! {
    #[test]
    fn what_is_accepted_fits_and_is_kept_as_it_is(key in any::<String>(), content in any::<String>(), metadata in object()) {
        let Ok(draft) = Draft::new(&key, &content, metadata.clone()) else { return Ok(()) };
        prop_assert!((1..=64).contains(&key.chars().count()));
        prop_assert!(Value::from(content.as_str()).to_string().len() <= MAX_CONTENT_BYTES + 2);
        prop_assert!(draft.metadata.to_string().len() <= MAX_METADATA_BYTES);
        prop_assert_eq!((draft.key, draft.content, draft.metadata), (key, content, Value::Object(metadata)));
    }

    #[test]
    fn what_postgresql_cannot_store_is_never_accepted(before in any::<String>(), after in any::<String>()) {
        let nul = format!("{before}\0{after}");
        prop_assert!(Draft::new("k", &nul, Default::default()).is_err());
        prop_assert!(Draft::new(&nul, "hi", Default::default()).is_err());
        for map in [(nul.clone(), Value::Null), ("k".to_owned(), nul.into())] {
            prop_assert!(Draft::new("k", "hi", [map].into_iter().collect()).is_err());
        }
    }

    #[test]
    fn a_text_of_any_length_is_judged_by_its_length(length in 0..2 * MAX_CONTENT_BYTES) {
        let accepted = Draft::new("k", &"a".repeat(length), Default::default()).is_ok();
        prop_assert_eq!(accepted, (1..=MAX_CONTENT_BYTES).contains(&length));
    }
}

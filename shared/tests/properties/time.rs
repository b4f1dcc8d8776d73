use proptest::prelude::*;
use shared::timestamp;

proptest! {
    #[test]
    fn any_text_is_no_time(text in any::<String>()) {
        prop_assert!(timestamp::parse(&text).is_none());
    }

    #[test]
    fn what_is_printed_is_read_back(seconds in -62_135_596_800_i64..253_402_300_800, micros in 0..1_000_000_u32) {
        let time = chrono::DateTime::from_timestamp(seconds, micros * 1_000).unwrap();
        prop_assert_eq!(timestamp::parse(&timestamp::format(&time)), Some(time));
    }
}

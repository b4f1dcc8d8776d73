use std::time::Duration;

use proptest::prelude::*;
use shared::{
    code::Code,
    language::{Details, Language},
    user::Locale,
};

/// Something like an `Accept-Language` header.
fn header() -> impl Strategy<Value = String> {
    let range = (
        "[a-zA-Z*]{0,9}(-[a-zA-Z0-9]{0,9}){0,3}",
        prop_oneof![Just(String::new()), " ?; ?[qQ] ?= ?[0-9.e+-]{0,6}"],
    );
    let range = range.prop_map(|(tag, weight)| tag + &weight);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(range, 0..6).prop_map(|ranges| ranges.join(",")),
    ]
}

proptest! {
    #[test]
    fn any_header_is_answered(header in header()) {
        for language in [Language::accepted(&header), Language::nearest(&header)].into_iter().flatten() {
            prop_assert_eq!(Language::nearest(language.tag()), Some(language));
        }
    }

    #[test]
    fn the_greatest_weight_wins(weights in prop::collection::vec(1..=1_000_u16, 3)) {
        let languages: Vec<Language> = Language::all().take(3).collect();
        let ranges = languages.iter().zip(&weights).map(|(language, weight)| {
            format!("{}-ZZ;q={}", language.tag(), f32::from(*weight) / 1_000.0)
        });
        let chosen = Language::accepted(&ranges.collect::<Vec<_>>().join(", ")).unwrap();
        let place = languages.iter().position(|language| *language == chosen).unwrap();
        let greatest = *weights.iter().max().unwrap();
        // Of equal weights the first.
        prop_assert_eq!(Some(place), weights.iter().position(|weight| *weight == greatest));
    }

    #[test]
    fn every_code_can_be_told_in_every_language(
        place in 0..Code::ALL.len(), field in any::<String>(), seconds in prop::option::of(any::<u64>()),
    ) {
        let details = Details { field: Some(&field), wait: seconds.map(Duration::from_secs) };
        for language in Language::all() {
            prop_assert!(!language.message(Code::ALL[place], &details).is_empty());
        }
    }

    #[test]
    fn a_locale_is_kept_as_it_is_or_refused(text in prop_oneof![any::<String>(), "[a-zA-Z0-9-]{0,40}"]) {
        if let Some(locale) = Locale::parse(&text) {
            prop_assert_eq!(locale.as_str(), text.as_str());
            prop_assert!((2..=35).contains(&text.len()) && text.is_ascii());
        }
    }
}

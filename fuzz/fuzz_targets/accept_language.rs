//! `Accept-Language` and a user's locale: a language that there is, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::{language::Language, user::Locale};

fuzz_target!(|text: &str| {
    for language in [Language::accepted(text), Language::nearest(text)].into_iter().flatten() {
        assert_eq!(Language::nearest(language.tag()), Some(language));
    }
    if let Some(locale) = Locale::parse(text) {
        assert_eq!(locale.as_str(), text);
    }
});

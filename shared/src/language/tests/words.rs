//! What readers get.

use std::time::Duration;

use crate::{
    code::Code,
    language::{Details, Language},
};

fn language(tag: &str) -> Language {
    Language::all()
        .find(|language| language.tag() == tag)
        .unwrap()
}

fn limited(tag: &str, seconds: Option<u64>) -> String {
    let wait = seconds.map(Duration::from_secs);
    language(tag).message(Code::RateLimited, &Details { field: None, wait })
}

#[test]
fn english_has_two_plurals() {
    assert_eq!(
        limited("en", Some(1)),
        "Too many requests; try again in 1 second."
    );
    assert_eq!(
        limited("en", Some(120)),
        "Too many requests; try again in 2 minutes."
    );
    assert_eq!(limited("en", None), "Too many requests; try again later.");
}

#[test]
fn russian_has_three_for_whole_numbers() {
    let said = [
        (1, "1 секунду"),
        (2, "2 секунды"),
        (5, "5 секунд"),
        (21, "21 секунду"),
        (120, "2 минуты"),
        (7_200, "2 часа"),
        (7_201, "3 часа"),
        (432_000, "5 дней"),
    ];
    for (seconds, time) in said {
        assert_eq!(
            limited("ru", Some(seconds)),
            format!("Слишком много запросов. Повторите попытку через {time}.")
        );
    }
}

#[test]
fn arabic_has_a_word_for_two() {
    assert!(limited("ar", Some(1)).ends_with("بعد ثانية واحدة."));
    assert!(limited("ar", Some(120)).ends_with("بعد دقيقتين."));
    assert!(limited("ar", Some(3)).ends_with("بعد \u{2068}3\u{2069} ثوانٍ."));
    assert!(limited("ar", Some(11)).ends_with("بعد \u{2068}11\u{2069} ثانية."));
}

#[test]
fn numbers_are_written_as_the_language_writes_them() {
    let said = |tag| language(tag).message(Code::MessageTooLarge, &Details::default());
    assert_eq!(said("en"), "The message is too long; 16,384 bytes fit.");
    assert_eq!(
        said("ru"),
        "Сообщение слишком длинное: допускается не больше 16\u{a0}384 байт."
    );
    assert!(
        said("ar").contains("\u{2068}16,384\u{2069}"),
        "{}",
        said("ar")
    );
}

#[test]
fn what_runs_from_the_left_is_isolated_only_in_what_runs_from_the_right() {
    let details = Details {
        field: Some("before_seq"),
        wait: None,
    };
    assert_eq!(
        language("en").message(Code::InvalidField, &details),
        "The field before_seq is missing or has the wrong form."
    );
    assert!(
        language("ar")
            .message(Code::InvalidField, &details)
            .contains("\u{2068}before_seq\u{2069}")
    );
}

#[test]
fn every_wait_can_be_said_in_every_language() {
    for language in Language::all() {
        for seconds in (0..200).chain((200..400_000).step_by(571)) {
            // A mistake panics in a build for tests.
            let wait = Some(Duration::from_secs(seconds));
            language.message(Code::QuotaExceeded, &Details { field: None, wait });
        }
    }
}

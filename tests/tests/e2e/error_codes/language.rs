//! The reader's language: asked for by a request, or the user's own.

use serde_json::json;
use shared::{
    code::Code,
    language::{Details, Language},
};
use tests::{Device, Reply, Rest, TestStack, User};

/// Asserts that a problem speaks a language and says so.
#[track_caller]
fn assert_speaks(reply: &Reply, tag: &str) {
    let language = Language::nearest(tag).unwrap();
    let words = language.message(Code::Unauthorized, &Details::default());
    assert_eq!(reply.header("content-language"), Some(tag));
    assert_eq!(reply.body["detail"], words);
    // What programs read is the same for all.
    assert_eq!(
        (reply.code(), &reply.body["title"]),
        (Some("unauthorized"), &"Unauthorized".into())
    );
}

async fn guest(rest: &Rest, locale: &str) -> User {
    User::new(
        rest.clone(),
        &rest
            .post("/api/auth/guest", &json!({"locale": locale}))
            .await
            .ok(),
    )
}

/// The words of a refused frame.
async fn refusal(phone: &mut Device) -> String {
    phone.send(&json!({"type": "dance"})).await;
    phone.next().await["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_is_refused_in_the_language_that_it_asks_for() {
    let stack = TestStack::with().no_schedules().start().await;
    let rest = stack.rest();
    for (header, tag) in [
        ("ru-RU", "ru"),
        ("de, ar;q=0.7, en;q=0.3", "ar"),
        ("en;q=0.1, ru;q=0.9", "ru"),
        ("de", "en"),
        ("*", "en"),
        (";;q=,русский", "en"),
    ] {
        assert_speaks(&rest.with_language(header).sessions().await, tag);
    }
    assert_speaks(&rest.sessions().await, "en");
}

#[tokio::test]
async fn whoever_asks_for_nothing_gets_their_own_language() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = guest(&stack.rest(), "ru-RU").await;
    let refused = ada.rest.session("nonsense").await;
    assert_eq!(refused.header("content-language"), Some("ru"));
    let refused = ada.rest.with_language("ar").session("nonsense").await;
    assert_eq!(refused.header("content-language"), Some("ar"));

    for (locale, tag) in [("ar-EG", "ar"), ("ru", "ru"), ("tlh", "en")] {
        let mut phone = guest(&stack.rest(), locale).await.device("phone").await;
        let words = Language::nearest(tag)
            .unwrap()
            .message(Code::UnknownType, &Details::default());
        assert_eq!(refusal(&mut phone).await, words, "{locale}");
    }
}

#[tokio::test]
async fn a_socket_speaks_the_language_that_its_ticket_was_asked_for_in() {
    let stack = TestStack::with().no_schedules().start().await;
    let ada = guest(&stack.rest(), "ru").await;
    for (header, tag) in [("ar-EG", "ar"), ("de", "ru")] {
        let asking = User {
            rest: ada.rest.with_language(header),
            ..ada.clone()
        };
        let mut phone = asking.device("phone").await;
        let words = Language::nearest(tag)
            .unwrap()
            .message(Code::UnknownType, &Details::default());
        assert_eq!(refusal(&mut phone).await, words, "{header}");
    }
}

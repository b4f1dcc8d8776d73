//! Tickets and access tokens: nothing but what a key of ours signed is taken. The input stands alone, and in the place of a part of a
//! right ticket.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::{
    config::Secret,
    token::{AccessToken, Identity, KeyRing, NotedIn, TicketHolder},
};
use uuid::Uuid;

static KEYS: LazyLock<KeyRing> = LazyLock::new(|| {
    KeyRing::parse("TOKEN_KEYS", &Secret::from("a-secret-of-the-fuzzer-with-32-characters")).expect("long enough")
});

fuzz_target!(|text: &str| {
    assert!(TicketHolder::verify(&KEYS, text).is_err() && AccessToken::verify(&KEYS, text).is_err(), "forged: {text}");
    let identity = Identity { user_id: Uuid::nil(), sign_in: Uuid::nil(), locale: "en".to_owned() };
    let ticket = TicketHolder::new(identity, "phone", None).sign(&KEYS, NotedIn::Redis).0;
    let parts: Vec<&str> = ticket.split('.').collect();
    for place in 0..3 {
        let mut changed = parts.clone();
        changed[place] = text;
        let changed = changed.join(".");
        assert!(changed == ticket || TicketHolder::verify(&KEYS, &changed).is_err(), "forged: {changed}");
    }
});

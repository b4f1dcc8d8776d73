//! A session's id: nothing but what a key of ours signed is taken. The input stands alone, and in the place of a part of a right id.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shared::{config::Secret, session::SessionId, token::KeyRing};
use uuid::Uuid;

static KEYS: LazyLock<KeyRing> = LazyLock::new(|| {
    KeyRing::parse("SESSION_KEYS", &Secret::from("a-secret-of-the-fuzzer-with-32-characters")).expect("long enough")
});

fuzz_target!(|text: &str| {
    assert!(SessionId::verify(&KEYS, text).is_err(), "forged: {text}");
    let signed = SessionId::sign(&KEYS, Uuid::from_u128(text.len() as u128));
    let parts: Vec<&str> = signed.as_str().split('.').collect();
    for place in 0..3 {
        let mut changed = parts.clone();
        changed[place] = text;
        let changed = changed.join(".");
        if let Ok(read) = SessionId::verify(&KEYS, &changed) {
            assert_eq!(read.as_str(), signed.as_str(), "{changed}");
        }
    }
});

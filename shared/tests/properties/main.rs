//! What holds for every input that a client can make up: nothing panics, what is printed is read back, and what was not signed is
//! refused. The targets under `fuzz/` ask the same of inputs that a fuzzer makes up.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

mod cursor;
mod draft;
mod fields;
mod frame;
mod language;
mod session_id;
mod ticket;
mod time;

use proptest::prelude::*;
use serde_json::{Map, Value};
use shared::{config::Secret, token::KeyRing};

/// Any JSON, four levels deep.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A JSON object.
fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::hash_map(any::<String>(), json(), 0..4)
        .prop_map(|fields| fields.into_iter().collect())
}

/// A key ring of these tests.
fn keys(variable: &'static str) -> KeyRing {
    KeyRing::parse(
        variable,
        &Secret::from("a-secret-of-these-properties-with-32-characters"),
    )
    .unwrap()
}

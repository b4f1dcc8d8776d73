//! The fields of a JSON object that a client sent: a frame, or the body of a request. Unknown fields are ignored.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    code::{Code, Coded},
    session::Cursor,
};

/// A field that is missing or has the wrong form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the field {0} is missing or has the wrong form")]
pub struct InvalidField(pub &'static str);

impl Coded for InvalidField {
    fn code(&self) -> Code {
        Code::InvalidField
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.0)
    }
}

/// A JSON object.
#[derive(Debug, Clone, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// `None` for text that is not a JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// A field; one that is null counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn optional<T>(
        &self,
        name: &'static str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidField> {
        self.get(name)
            .map(|value| read(value).ok_or(InvalidField(name)))
            .transpose()
    }

    /// A text that must be there.
    pub fn text(&self, name: &'static str) -> Result<&str, InvalidField> {
        self.get(name)
            .and_then(Value::as_str)
            .ok_or(InvalidField(name))
    }

    /// A text that may be absent.
    pub fn optional_text(&self, name: &'static str) -> Result<Option<String>, InvalidField> {
        self.optional(name, |value| value.as_str().map(str::to_owned))
    }

    /// A whole number from 0.
    pub fn count(&self, name: &'static str) -> Result<i64, InvalidField> {
        self.get(name)
            .and_then(Value::as_i64)
            .filter(|number| *number >= 0)
            .ok_or(InvalidField(name))
    }

    /// A whole number from 0, or absent.
    pub fn optional_count(&self, name: &'static str) -> Result<Option<i64>, InvalidField> {
        self.optional(name, |value| value.as_i64().filter(|number| *number >= 0))
    }

    /// A revision: as [`revision`] takes it.
    pub fn revision(&self, name: &'static str) -> Result<i32, InvalidField> {
        let revision = self.optional_revision(name)?;
        revision.ok_or(InvalidField(name))
    }

    /// A revision that may be absent.
    pub fn optional_revision(&self, name: &'static str) -> Result<Option<i32>, InvalidField> {
        self.optional(name, |value| revision(value.as_i64()?))
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &'static str) -> Result<bool, InvalidField> {
        self.get(name)
            .and_then(Value::as_bool)
            .ok_or(InvalidField(name))
    }

    /// `true` or `false`, or absent.
    pub fn optional_flag(&self, name: &'static str) -> Result<Option<bool>, InvalidField> {
        self.optional(name, Value::as_bool)
    }

    /// A UUID.
    pub fn uuid(&self, name: &'static str) -> Result<Uuid, InvalidField> {
        self.text(name)?.parse().map_err(|_| InvalidField(name))
    }

    /// An object; empty if absent.
    pub fn object(&self, name: &'static str) -> Result<Map<String, Value>, InvalidField> {
        Ok(self
            .optional(name, |value| value.as_object().cloned())?
            .unwrap_or_default())
    }

    /// An object that may be absent.
    pub fn optional_object(
        &self,
        name: &'static str,
    ) -> Result<Option<Map<String, Value>>, InvalidField> {
        self.optional(name, |value| value.as_object().cloned())
    }

    /// Whether a field is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Cursors by session id, at most `max`; none if absent.
    pub fn cursors(
        &self,
        name: &'static str,
        max: usize,
    ) -> Result<Vec<(String, Cursor)>, InvalidField> {
        let cursors = self.object(name)?;
        if cursors.len() > max {
            return Err(InvalidField(name));
        }
        let cursor = |(session, cursor): (String, Value)| {
            let cursor = Cursor::from_json(&cursor).ok_or(InvalidField(name))?;
            Ok((session, cursor))
        };
        cursors.into_iter().map(cursor).collect()
    }
}

/// A revision that somebody has seen: a whole number from 1 that has a next one in PostgreSQL's `integer`.
pub fn revision(number: i64) -> Option<i32> {
    let number = i32::try_from(number).ok()?;
    (1..i32::MAX).contains(&number).then_some(number)
}

/// Whether a text or a name in it has a NUL character, which PostgreSQL cannot store. A text that only speaks of `\\u0000` has none.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(entries) => entries
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// By how many bytes PostgreSQL writes the numbers in a value longer than JSON does: it knows no exponents, so `1e308` are 309 digits.
pub fn growth(value: &Value) -> usize {
    match value {
        Value::Number(number) => number
            .as_f64()
            .filter(|_| number.is_f64())
            .map_or(0, |float| {
                float
                    .to_string()
                    .len()
                    .saturating_sub(number.to_string().len())
            }),
        Value::Array(items) => items.iter().map(growth).sum(),
        Value::Object(entries) => entries.values().map(growth).sum(),
        Value::Null | Value::Bool(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(text).unwrap()
    }

    #[test]
    fn only_an_object_has_fields() {
        for text in ["", "[]", "1", "null", "{", r#""text""#] {
            assert!(Fields::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn null_counts_as_absent() {
        let fields = fields(r#"{"a": null}"#);
        assert_eq!(fields.optional_text("a"), Ok(None));
        assert_eq!(fields.text("a"), Err(InvalidField("a")));
        assert!(fields.object("a").unwrap().is_empty());
    }

    #[test]
    fn a_wrong_form_names_its_field() {
        let fields = fields(r#"{"a": 1.5, "b": -1, "c": "x"}"#);
        assert_eq!(fields.count("a"), Err(InvalidField("a")));
        assert_eq!(fields.count("b"), Err(InvalidField("b")));
        assert_eq!(fields.flag("c"), Err(InvalidField("c")));
        assert_eq!(fields.uuid("c"), Err(InvalidField("c")));
        assert_eq!(fields.object("c"), Err(InvalidField("c")));
    }

    #[test]
    fn a_revision_has_one_before_and_one_after() {
        for (number, taken) in [
            (0, false),
            (1, true),
            (2_147_483_646, true),
            (2_147_483_647, false),
        ] {
            assert_eq!(revision(number).is_some(), taken, "{number}");
        }
    }

    #[test]
    fn a_nul_is_found_wherever_it_is_and_a_text_about_it_is_none() {
        let texts = [
            (r#"{"a": "\u0000"}"#, true),
            (r#"{"a": ["x", {"b\u0000": 1}]}"#, true),
            (r#"{"pattern": "[\\u0000-\\u001f]"}"#, false),
        ];
        for (text, expected) in texts {
            assert_eq!(
                has_nul(&serde_json::from_str(text).unwrap()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_with_exponents_grow() {
        for (text, expected) in [
            (r#"{"a": 1, "b": [1.5, -3.25e2], "c": "1e308"}"#, 0),
            ("1e308", 309 - "1e+308".len()),
            (
                "[-1e308, {\"a\": 5e-324}]",
                310 - "-1e+308".len() + 326 - "5e-324".len(),
            ),
        ] {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(growth(&value), expected, "{text}");
        }
    }

    #[test]
    fn cursors_are_limited() {
        let fields = fields(r#"{"cursors": {"a": 1, "b": 0}}"#);
        assert_eq!(fields.cursors("cursors", 2).unwrap().len(), 2);
        assert_eq!(fields.cursors("cursors", 1), Err(InvalidField("cursors")));
    }
}

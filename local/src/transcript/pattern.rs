//! Placeholders in a line.
//!
//! | written | said | heard |
//! |---|---|---|
//! | `<x*5>` | `xxxxx` | `xxxxx` |
//! | `<name>` | the text that was heard under the name | that text again |
//! | `<id>` | | an id of API Gateway: 15 characters of URL-safe base64, and `=` |
//! | `<uuid>`, `<number>`, `<any>` | | a UUID; digits; anything up to what follows |
//! | `<name=id>` | | the same, kept under the name; that text again when the name has one |

use std::collections::BTreeMap;

/// Texts that were heard, by the name that a line gave them.
pub(super) type Names = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
    Kind(Option<String>, Kind),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Id,
    Uuid,
    Number,
    Any,
}

/// What a line says, with its placeholders replaced. A name that was never heard stays as it stands.
pub(super) fn said(text: &str, names: &Names) -> String {
    let parts = parts(text).into_iter();
    parts
        .map(|part| match part {
            Part::Text(text) => text,
            Part::Name(name) => names
                .get(&name)
                .cloned()
                .unwrap_or_else(|| format!("<{name}>")),
            Part::Kind(..) => String::new(),
        })
        .collect()
}

/// Whether `actual` is what a line expects; names in it are kept then.
pub(super) fn heard(expected: &str, actual: &str, names: &mut Names) -> bool {
    let mut found = names.clone();
    let parts = parts(expected);
    let mut rest = actual;
    for (at, part) in parts.iter().enumerate() {
        let length = match part {
            Part::Text(text) => rest.starts_with(text.as_str()).then_some(text.len()),
            Part::Name(name) => {
                let known = found.get(name);
                known.and_then(|text| rest.starts_with(text.as_str()).then_some(text.len()))
            }
            Part::Kind(name, kind) => {
                let length = kind.length(rest, parts.get(at + 1));
                match (name, length) {
                    (Some(name), Some(length)) => {
                        let text = found
                            .entry(name.clone())
                            .or_insert_with(|| rest[..length].to_owned());
                        (*text == rest[..length]).then_some(length)
                    }
                    (_, length) => length,
                }
            }
        };
        let Some(length) = length else { return false };
        rest = &rest[length..];
    }
    if rest.is_empty() {
        *names = found;
    }
    rest.is_empty()
}

impl Kind {
    /// How much of the beginning of `text` is of this kind.
    fn length(self, text: &str, next: Option<&Part>) -> Option<usize> {
        match self {
            Self::Id => text
                .get(..16)
                .filter(|id| id.ends_with('=') && id[..15].bytes().all(is_url_safe))
                .map(str::len),
            Self::Uuid => text
                .get(..36)
                .filter(|id| uuid::Uuid::try_parse(id).is_ok())
                .map(str::len),
            Self::Number => {
                let digits = text.bytes().take_while(u8::is_ascii_digit).count();
                (digits > 0).then_some(digits)
            }
            Self::Any => match next {
                Some(Part::Text(next)) => text.find(next.as_str()),
                _ => Some(text.len()),
            },
        }
    }
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let placeholder = rest[at + 1..]
            .split_once('>')
            .and_then(|(inner, after)| Some((placeholder(inner)?, after)));
        match placeholder {
            Some((Part::Text(repeated), after)) => {
                plain.push_str(&repeated);
                rest = after;
            }
            Some((part, after)) => {
                parts.extend(text_part(std::mem::take(&mut plain)));
                parts.push(part);
                rest = after;
            }
            None => {
                plain.push('<');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    parts.extend(text_part(plain));
    parts
}

fn text_part(text: String) -> Option<Part> {
    (!text.is_empty()).then_some(Part::Text(text))
}

fn placeholder(inner: &str) -> Option<Part> {
    if let Some((text, times)) = inner.split_once('*') {
        return Some(Part::Text(text.repeat(times.parse().ok()?)));
    }
    let (name, kind) = match inner.split_once('=') {
        Some((name, kind)) => (Some(name.to_owned()), kind),
        None => (None, inner),
    };
    let kind = match kind {
        "id" => Kind::Id,
        "uuid" => Kind::Uuid,
        "number" => Kind::Number,
        "any" => Kind::Any,
        other => {
            let is_name = name.is_none() && other.bytes().all(|byte| byte.is_ascii_lowercase());
            return (is_name && !other.is_empty()).then(|| Part::Name(other.to_owned()));
        }
    };
    Some(Part::Kind(name, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_other_texts_and_kept_under_their_name() {
        let mut names = Names::new();
        let expected = r#"{"connectionId":"<a=id>", "requestId":"<id>"}"#;
        let frame = r#"{"connectionId":"PJqB0fHsqRcCHlw=", "requestId":"iCfuFxT82J7Gnkw="}"#;
        assert!(heard(expected, frame, &mut names));
        assert_eq!(names["a"], "PJqB0fHsqRcCHlw=");
        assert!(heard("<a> again", "PJqB0fHsqRcCHlw= again", &mut names));
        assert!(!heard("<a=id>", "iCfuFxT82J7Gnkw=", &mut names), "another");
        assert!(!heard("<id>", "not an id, that", &mut names));
        assert!(!heard("<id>", "PJqB0fHsqRcCHlw=, and more", &mut names));
        assert_eq!(
            said("/@connections/<a>", &names),
            "/@connections/PJqB0fHsqRcCHlw="
        );
    }

    #[test]
    fn the_other_kinds_take_what_they_say() {
        let mut names = Names::new();
        assert!(heard(
            "<x*3>|<number>|<any>!",
            "xxx|42|what ever!",
            &mut names
        ));
        assert!(!heard("<number>", "x", &mut names));
        assert!(heard(
            "<uuid>",
            "0198c0de-0000-7000-8000-000000000001",
            &mut names
        ));
        assert!(heard("", "", &mut names) && !heard("", "x", &mut names));
        assert!(heard("<any>", "", &mut names) && heard("a <any>", "a long", &mut names));
    }

    #[test]
    fn what_is_no_placeholder_is_text() {
        let names = Names::new();
        assert_eq!(
            said("a < b, <B>, <nobody>, <x*2>", &names),
            "a < b, <B>, <nobody>, xx"
        );
    }
}

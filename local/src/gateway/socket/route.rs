//! The route that a message selects.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A route selection expression, such as `$request.body.type` or `${request.body.service}/${request.body.action}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RouteSelection(Vec<Part>);

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    /// A path into the message.
    Body(Vec<Step>),
    /// A variable that is not in the message, such as `$context.stage`; it makes the expression impossible to evaluate.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Member(String),
    Item(usize),
}

impl RouteSelection {
    pub(crate) fn parse(expression: &str) -> Self {
        if let Some(variable) = expression
            .strip_prefix('$')
            .filter(|rest| !rest.starts_with('{'))
        {
            return Self(vec![variable_part(variable)]);
        }
        let mut parts = Vec::new();
        let mut rest = expression;
        while let Some((literal, tail)) = rest.split_once("${") {
            let Some((variable, tail)) = tail.split_once('}') else {
                break;
            };
            parts.push(Part::Literal(unescaped(literal)));
            parts.push(variable_part(variable));
            rest = tail;
        }
        parts.push(Part::Literal(unescaped(rest)));
        Self(parts)
    }

    /// The route key that a message selects; none when it is not a JSON object.
    pub(crate) fn select(&self, body: &str) -> Option<String> {
        if !body.trim_start().starts_with('{') {
            return None;
        }
        let mut key = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => key.push_str(text),
                // A path that leads nowhere is the empty string.
                Part::Body(path) => {
                    key.push_str(&look_up(body, path)?.map(written).unwrap_or_default())
                }
                Part::Unknown => return None,
            }
        }
        Some(key)
    }
}

/// `\$default` is the text `$default`.
fn unescaped(literal: &str) -> String {
    literal.replace("\\$", "$")
}

fn variable_part(variable: &str) -> Part {
    variable
        .strip_prefix("request.body")
        .and_then(steps)
        .map_or(Part::Unknown, Part::Body)
}

/// The steps of `.a.b[0]['c']`.
fn steps(mut path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(Step::Member(name.to_owned()));
            path = rest;
        } else {
            let (inside, rest) = path.strip_prefix('[')?.split_once(']')?;
            let name = inside
                .strip_prefix('\'')
                .and_then(|quoted| quoted.strip_suffix('\''));
            steps.push(match name {
                Some(name) => Step::Member(name.to_owned()),
                None => Step::Item(inside.parse().ok()?),
            });
            path = rest;
        }
    }
    Some(steps)
}

/// Text without quotes, arrays as `[item1, item2]`, everything else as JSON writes it.
fn written(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Array(items) => {
            let items: Vec<String> = items.into_iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The value at `path`; the outer option is empty when `body` is not JSON. Only that value is built, the rest is read
/// over.
fn look_up(body: &str, path: &[Step]) -> Option<Option<Value>> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let found = Pick(path).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

struct Pick<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            [] => serde::Deserialize::deserialize(deserializer).map(Some),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match self.0 {
                [Step::Member(name), rest @ ..] if *name == key => {
                    found = map.next_value_seed(Pick(rest))?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        if let [Step::Item(index), rest @ ..] = self.0 {
            for _ in 0..*index {
                if sequence.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(None);
                }
            }
            found = sequence.next_element_seed(Pick(rest))?.flatten();
        }
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::RouteSelection;

    fn select(expression: &str, body: &str) -> Option<String> {
        RouteSelection::parse(expression).select(body)
    }

    #[track_caller]
    fn selects(expression: &str, body: &str, key: &str) {
        assert_eq!(
            select(expression, body).as_deref(),
            Some(key),
            "{expression} of {body}"
        );
    }

    const JOIN: &str = r#"{"service":"chat","action":"join"}"#;

    #[test]
    fn the_examples_of_the_developer_guide_hold() {
        selects("$request.body.action", JOIN, "join");
        selects("${request.body.action}", JOIN, "join");
        selects(
            "${request.body.service}/${request.body.action}",
            JOIN,
            "chat/join",
        );
        selects("${request.body.action}-${request.body.nope}", JOIN, "join-");
        selects("action", JOIN, "action");
        selects("\\$default", JOIN, "$default");
    }

    #[test]
    fn a_path_goes_through_members_and_items() {
        let body = r#"{"a":{"b c":[{"d":"x"},{"d":"y"}]},"a2":1}"#;
        selects("$request.body.a['b c'][1].d", body, "y");
        selects("$request.body.a['b c'][2].d", body, "");
        selects("$request.body.a2.b", body, "");
    }

    #[test]
    fn what_is_not_text_is_written_out() {
        let body = r#"{"list":["item1","item2"],"number":1.5,"flag":true,"nothing":null}"#;
        selects("$request.body.list", body, "[item1, item2]");
        selects("$request.body.number", body, "1.5");
        selects("$request.body.flag", body, "true");
    }

    #[test]
    fn only_a_json_object_can_be_evaluated() {
        for body in [
            "hello",
            "",
            "\"join\"",
            "[1]",
            "7",
            "{\"action\":\"join\"",
            "{\"action\":\"join\"} tail",
        ] {
            assert_eq!(select("$request.body.action", body), None, "{body}");
        }
    }

    #[test]
    fn a_variable_outside_the_message_selects_nothing() {
        assert_eq!(select("$context.stage", JOIN), None);
        assert_eq!(select("$request.body.", JOIN), None);
    }

    #[test]
    fn an_escaped_member_name_is_the_same_name() {
        selects("$request.body.type", r#"{"ty\u0070e":"ping"}"#, "ping");
    }
}

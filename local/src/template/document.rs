//! The YAML of a template as a tree that knows its lines.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::error::{Fault, Problem};

/// How deep YAML may nest; the parser below recurses.
const MAX_DEPTH: usize = 64;

/// How many nodes aliases may add, so that a few nested ones cannot fill the memory.
const MAX_ALIASED_NODES: usize = 100_000;

/// A value with the line that it starts on.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// From 1.
    pub(super) line: usize,
    /// What stands there.
    pub(super) value: Value,
}

/// What stands in a template.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Nothing, `~` or `null`; also what `AWS::NoValue` gives.
    Null,
    /// Any scalar, as the text that CloudFormation would make of it.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Node)>),
    /// An intrinsic function by its short name (`Ref`, `Sub`, `GetAtt`, …) with its argument.
    Call(String, Box<Node>),
}

impl Node {
    /// The single document of `text`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader {
            events: Parser::new_from_str(text),
            anchors: BTreeMap::new(),
            aliased: 0,
        };
        loop {
            let (event, span) = reader.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd => {
                    return Err(Problem::Syntax("the file is empty".to_owned()).at(1));
                }
                event => return reader.node(event, span, 0),
            }
        }
    }

    /// The value of a key, when this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The pairs of a mapping; nothing of anything else.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing stands there.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::Null | Value::Text(_) => 0,
            Value::List(items) => items.iter().map(Self::count).sum(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.count()).sum(),
            Value::Call(_, argument) => argument.count(),
        }
    }
}

/// Builds nodes from the parser's events.
struct Reader<'input> {
    events: Parser<'input, StrInput<'input>>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
}

impl<'input> Reader<'input> {
    fn next(&mut self) -> Result<(Event<'input>, Span), Fault> {
        match self.events.next() {
            Some(event) => event.map_err(|error| syntax(&error)),
            None => Err(Problem::Syntax("the file ends too early".to_owned()).at(1)),
        }
    }

    fn node(&mut self, event: Event<'input>, span: Span, depth: usize) -> Result<Node, Fault> {
        let line = span.start.line();
        if depth > MAX_DEPTH {
            return Err(Problem::Syntax(format!("more than {MAX_DEPTH} levels")).at(line));
        }
        let (value, anchor, tag) = match event {
            Event::Alias(anchor) => return self.alias(anchor, line),
            Event::Scalar(text, style, anchor, tag) => {
                let bare = style == ScalarStyle::Plain && tag.is_none();
                (scalar(text.into_owned(), bare), anchor, tag)
            }
            Event::SequenceStart(anchor, tag) => (self.list(depth)?, anchor, tag),
            Event::MappingStart(anchor, tag) => (self.map(depth)?, anchor, tag),
            other => return Err(Problem::Syntax(format!("unexpected {other:?}")).at(line)),
        };
        let node = match tag.as_deref().and_then(call_name) {
            Some(name) => Node {
                line,
                value: Value::Call(name, Box::new(Node { line, value })),
            },
            None => Node { line, value },
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line();
            let key = match event {
                Event::MappingEnd => return Ok(long_form(entries)),
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(Problem::Syntax("a key must be a text".to_owned()).at(line)),
            };
            if entries.iter().any(|(name, _)| *name == key) {
                return Err(Problem::Syntax(format!("{key} stands here twice")).at(line));
            }
            let (event, span) = self.next()?;
            entries.push((key, self.node(event, span, depth + 1)?));
        }
    }

    fn alias(&mut self, anchor: usize, line: usize) -> Result<Node, Fault> {
        let node = self.anchors.get(&anchor).cloned();
        let node =
            node.ok_or_else(|| Problem::Syntax("an alias of nothing".to_owned()).at(line))?;
        self.aliased += node.count();
        if self.aliased > MAX_ALIASED_NODES {
            return Err(Problem::Syntax(format!(
                "aliases make more than {MAX_ALIASED_NODES} values"
            ))
            .at(line));
        }
        Ok(node)
    }
}

/// CloudFormation reads YAML 1.1, where `on` is a boolean, and hands booleans on as `true` and `false`.
fn scalar(text: String, bare: bool) -> Value {
    if !bare {
        return Value::Text(text);
    }
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            Value::Text("true".to_owned())
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Value::Text("false".to_owned())
        }
        _ => Value::Text(text),
    }
}

/// `!Sub` is `Sub`; a tag of YAML itself is none.
fn call_name(tag: &Tag) -> Option<String> {
    (tag.handle == "!").then(|| tag.suffix.clone())
}

/// `{ "Fn::Sub": … }`, `{ Ref: … }` and `{ Condition: … }` are calls written out.
fn long_form(mut entries: Vec<(String, Node)>) -> Value {
    let name = match entries.as_slice() {
        [(key, _)] if key == "Ref" => Some("Ref".to_owned()),
        [(key, argument)] if key == "Condition" && argument.text().is_some() => {
            Some("Condition".to_owned())
        }
        [(key, _)] => key.strip_prefix("Fn::").map(str::to_owned),
        _ => None,
    };
    match (name, entries.pop()) {
        (Some(name), Some((_, argument))) => Value::Call(name, Box::new(argument)),
        (_, last) => {
            entries.extend(last);
            Value::Map(entries)
        }
    }
}

fn syntax(error: &ScanError) -> Fault {
    Problem::Syntax(error.info().to_owned()).at(error.marker().line())
}

#[cfg(test)]
mod tests {
    use super::{Node, Value};

    #[test]
    fn a_short_tag_and_its_long_form_are_the_same_call() {
        for text in ["a: !Sub x", "a: { 'Fn::Sub': x }"] {
            let node = Node::parse(text).unwrap();
            let Value::Call(name, argument) = &node.get("a").unwrap().value else {
                panic!("{node:?}")
            };
            assert_eq!((name.as_str(), argument.text()), ("Sub", Some("x")));
        }
    }

    #[test]
    fn a_call_within_a_list_knows_its_line() {
        let node = Node::parse("a:\n  - b\n  - !Ref c\n").unwrap();
        let Value::List(items) = &node.get("a").unwrap().value else {
            panic!("{node:?}")
        };
        assert_eq!(items[1].line, 3);
    }

    #[test]
    fn a_bare_on_is_a_boolean_and_a_quoted_one_is_text() {
        let node = Node::parse("a: on\nb: 'on'\nc: OFF\nd: 010\ne: ''\nf:\n").unwrap();
        let texts: Vec<_> = node.entries().iter().map(|(_, node)| node.text()).collect();
        assert_eq!(
            texts,
            [
                Some("true"),
                Some("on"),
                Some("false"),
                Some("010"),
                Some(""),
                None
            ]
        );
    }

    #[test]
    fn an_alias_repeats_its_anchor() {
        let node = Node::parse("a: &x { k: v }\nb: *x\n").unwrap();
        assert_eq!(node.get("b").unwrap().get("k").unwrap().text(), Some("v"));
    }

    #[test]
    fn broken_yaml_and_a_key_twice_name_their_line() {
        assert_eq!(Node::parse("a: 1\nb: [\n").unwrap_err().line, 3);
        assert_eq!(Node::parse("a: 1\nb: 2\na: 3\n").unwrap_err().line, 3);
    }
}

//! The properties of a resource, an event or a part of one: read by name, refused when they would be ignored.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use super::{
    document::{Node, Value},
    error::{Fault, Problem},
    scope::Scope,
};

/// Which properties a type has, by what becomes of them here. Any other is an error.
pub(super) struct Known {
    /// They are read.
    pub(super) read: &'static [&'static str],
    /// They say something about the account, such as permissions; nothing is different here.
    pub(super) without_effect: &'static [&'static str],
    /// They slow down or report on what runs; their absence is worth a warning.
    pub(super) warned: &'static [&'static str],
}

/// Properties with the scope that resolves them.
#[derive(Clone)]
pub(super) struct Properties<'a> {
    scope: &'a Scope<'a>,
    of: String,
    line: usize,
    entries: Vec<(String, Node)>,
}

impl<'a> Properties<'a> {
    /// The properties that stand in `node`, if any does, of something that errors call `of`.
    pub(super) fn new(
        scope: &'a Scope<'a>,
        of: impl Display,
        line: usize,
        node: Option<&Node>,
    ) -> Self {
        let entries = node.map(Node::entries).unwrap_or_default().to_vec();
        Self {
            scope,
            of: of.to_string(),
            line,
            entries,
        }
    }

    /// The same, with `globals` below them.
    pub(super) fn with_globals(mut self, globals: Option<&Node>) -> Self {
        if let Some(globals) = globals {
            let own = Node {
                line: self.line,
                value: Value::Map(self.entries),
            };
            self.entries = merge(globals, own).entries().to_vec();
        }
        self
    }

    /// Refuses properties that would be ignored although they change what happens.
    pub(super) fn check(&self, known: &Known) -> Result<(), Fault> {
        for (name, node) in &self.entries {
            let name = name.as_str();
            if known.warned.contains(&name) {
                tracing::warn!(
                    "line {}: {name} of {} has no effect on one machine",
                    node.line,
                    self.of
                );
            } else if !known.read.contains(&name) && !known.without_effect.contains(&name) {
                return Err(self.unsupported(name, node.line));
            }
        }
        Ok(())
    }

    /// Refuses one property with a value that is not one of those that can be run.
    pub(super) fn only(&self, name: &str, values: &[&str]) -> Result<(), Fault> {
        match self.text(name)? {
            Some(text) if !values.contains(&text.as_str()) => {
                Err(self.unsupported(&format!("{name} {text}"), self.line_of(name)))
            }
            _ => Ok(()),
        }
    }

    /// What the names in them stand for.
    pub(super) fn scope(&self) -> &'a Scope<'a> {
        self.scope
    }

    /// The line of a property, or of what has the properties.
    pub(super) fn line_of(&self, name: &str) -> usize {
        self.raw(name).map_or(self.line, |node| node.line)
    }

    /// A property as it stands in the file.
    pub(super) fn raw(&self, name: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// A resolved property; `AWS::NoValue` is none.
    pub(super) fn node(&self, name: &str) -> Result<Option<Node>, Fault> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        let resolved = self.scope.resolve(raw)?;
        Ok((!resolved.is_null()).then_some(resolved))
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let Some(node) = self.node(name)? else {
            return Ok(None);
        };
        node.text()
            .map(|text| Some(text.to_owned()))
            .ok_or_else(|| self.shape(name, "a text"))
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<String, Fault> {
        self.text(name)?.ok_or_else(|| {
            Problem::Missing {
                of: self.of.clone(),
                property: name,
            }
            .at(self.line)
        })
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Fault> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| self.shape(name, "a whole number"))
    }

    /// Milliseconds.
    pub(super) fn milliseconds(&self, name: &str) -> Result<Option<Duration>, Fault> {
        Ok(self
            .number(name)?
            .map(|number| Duration::from_millis(number.into())))
    }

    /// True or false.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(self.shape(name, "true or false")),
        }
    }

    /// Texts; a single one counts as a list.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Fault> {
        let Some(node) = self.node(name)? else {
            return Ok(Vec::new());
        };
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&node),
        };
        let texts = items.iter().map(|item| item.text().map(str::to_owned));
        texts
            .collect::<Option<_>>()
            .ok_or_else(|| self.shape(name, "a list of texts"))
    }

    /// Texts by name.
    pub(super) fn table(&self, name: &str) -> Result<BTreeMap<String, String>, Fault> {
        let Some(node) = self.node(name)? else {
            return Ok(BTreeMap::new());
        };
        let pairs = node
            .entries()
            .iter()
            .map(|(key, value)| Some((key.clone(), value.text()?.to_owned())));
        pairs
            .collect::<Option<_>>()
            .ok_or_else(|| self.shape(name, "a mapping of texts"))
    }

    /// The logical id of the function that a property names by ARN.
    pub(super) fn function(&self, name: &'static str) -> Result<String, Fault> {
        self.scope
            .function_of(&self.required(name)?, self.line_of(name))
    }

    /// The properties within a property.
    pub(super) fn within(&self, name: &str) -> Result<Option<Self>, Fault> {
        let Some(node) = self.node(name)? else {
            return Ok(None);
        };
        Ok(Some(Self::new(
            self.scope,
            format!("{name} of {}", self.of),
            node.line,
            Some(&node),
        )))
    }

    /// Names of the properties, in the order of the file.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// That something of these properties cannot be run here.
    pub(super) fn unsupported(&self, what: &str, line: usize) -> Fault {
        Problem::Unsupported(format!("{what} of {}", self.of)).at(line)
    }

    fn shape(&self, name: &str, expected: &'static str) -> Fault {
        Problem::Shape {
            what: name.to_owned(),
            expected,
        }
        .at(self.line_of(name))
    }
}

/// SAM's merge of `Globals`: mappings key by key, lists one after the other, anything else is replaced.
fn merge(global: &Node, own: Node) -> Node {
    let value = match (&global.value, own.value) {
        (Value::Map(globals), Value::Map(mut entries)) => {
            for (key, global) in globals {
                match entries.iter_mut().find(|(name, _)| name == key) {
                    Some((_, entry)) => *entry = merge(global, entry.clone()),
                    None => entries.push((key.clone(), global.clone())),
                }
            }
            Value::Map(entries)
        }
        (Value::List(globals), Value::List(items)) => {
            Value::List(globals.iter().cloned().chain(items).collect())
        }
        (_, own) => own,
    };
    Node {
        line: own.line,
        value,
    }
}

//! A file of messages, taken apart.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey},
    parser::parse,
};

/// A file of messages.
pub(super) struct File {
    messages: BTreeMap<String, Parts>,
    /// What the parser could not read.
    pub(super) unreadable: Vec<String>,
}

/// What one message is made of.
#[derive(Default)]
struct Parts {
    variables: BTreeSet<String>,
    references: BTreeSet<String>,
    choices: Vec<Choice>,
    bare_count: bool,
}

/// Variants by the value of a variable.
pub(super) struct Choice {
    pub(super) variable: String,
    pub(super) variants: BTreeSet<String>,
}

impl File {
    pub(super) fn parse(source: &str) -> Self {
        let resource = parse(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
        let mut file = Self {
            messages: BTreeMap::new(),
            unreadable: Vec::new(),
        };
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let mut parts = Parts::default();
                    message
                        .value
                        .iter()
                        .for_each(|pattern| parts.add(pattern, false));
                    let key = message.id.name;
                    if file.messages.insert(key.clone(), parts).is_some() {
                        file.unreadable.push(format!("twice: {key}"));
                    }
                }
                Entry::Junk { content } => file
                    .unreadable
                    .push(format!("unreadable: {}", content.trim())),
                _ => {}
            }
        }
        file
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.messages.contains_key(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.messages.keys().map(String::as_str)
    }

    /// The message and every other that it takes in.
    pub(super) fn reached(&self, key: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            let Some((key, parts)) = self.messages.get_key_value(key) else {
                continue;
            };
            if reached.insert(key.as_str()) {
                open.extend(parts.references.iter().map(String::as_str));
            }
        }
        reached
    }

    pub(super) fn variables(&self, key: &str) -> impl Iterator<Item = &str> {
        self.messages[key].variables.iter().map(String::as_str)
    }

    pub(super) fn choices(&self, key: &str) -> &[Choice] {
        &self.messages[key].choices
    }

    /// Whether `$count` stands where no plural goes with it.
    pub(super) fn has_bare_count(&self, key: &str) -> bool {
        self.messages[key].bare_count
    }
}

impl Parts {
    fn add(&mut self, pattern: &Pattern<String>, counted: bool) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.add_expression(expression, counted);
            }
        }
    }

    fn add_expression(&mut self, expression: &Expression<String>, counted: bool) {
        match expression {
            Expression::Inline(inline) => self.add_inline(inline, counted),
            Expression::Select { selector, variants } => {
                let InlineExpression::VariableReference { id } = selector else {
                    panic!("a choice is made by a variable");
                };
                let counted = counted || id.name == "count";
                self.variables.insert(id.name.clone());
                self.choices.push(Choice {
                    variable: id.name.clone(),
                    // A number, such as [1], is a word of its own for that number beside the categories.
                    variants: variants
                        .iter()
                        .filter_map(|variant| match &variant.key {
                            VariantKey::Identifier { name } => Some(name.clone()),
                            VariantKey::NumberLiteral { .. } => None,
                        })
                        .collect(),
                });
                variants
                    .iter()
                    .for_each(|variant| self.add(&variant.value, counted));
            }
        }
    }

    fn add_inline(&mut self, inline: &InlineExpression<String>, counted: bool) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.bare_count |= id.name == "count" && !counted;
                self.variables.insert(id.name.clone());
            }
            InlineExpression::MessageReference {
                id,
                attribute: None,
            } => {
                self.references.insert(id.name.clone());
            }
            InlineExpression::Placeable { expression } => self.add_expression(expression, counted),
            InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
            other => panic!("{other:?} is more than these files need"),
        }
    }
}

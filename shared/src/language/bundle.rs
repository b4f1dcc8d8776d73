//! The messages of one language.

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::{Details, number};
use crate::code::Code;

/// The messages of one language, parsed.
pub(super) struct Bundle(FluentBundle<FluentResource>);

impl Bundle {
    /// Parses a file. What is wrong with it is left out, and the tests say so.
    pub(super) fn new(tag: &str, source: &str) -> Self {
        let language: LanguageIdentifier = tag.parse().expect("a file is named by its tag");
        let resource = FluentResource::try_new(source.to_owned());
        let resource = resource.unwrap_or_else(|(resource, _)| resource);
        let from_right = language.character_direction() == CharacterDirection::RTL;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // What stands in a message are numbers and names of fields, both in Latin script: they run as they should in a line
        // from left to right, and need Unicode's isolates in one from right to left.
        bundle.set_use_isolating(from_right);
        bundle.set_formatter(Some(number::format));
        bundle.add_resource_overriding(resource);
        Self(bundle)
    }

    /// What a reader is told of a code; the code itself if the language has no message for it.
    pub(super) fn message(&self, code: Code, details: &Details<'_>) -> String {
        let key = code.as_str();
        let Some(pattern) = self.0.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for argument in code.arguments() {
            argument.set(&mut arguments, details);
        }
        let mut mistakes = Vec::new();
        let text = self
            .0
            .format_pattern(pattern, Some(&arguments), &mut mistakes);
        debug_assert!(mistakes.is_empty(), "{key}: {mistakes:?}");
        text.into_owned()
    }
}

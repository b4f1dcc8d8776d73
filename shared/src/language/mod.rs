//! Errors in the reader's language: Fluent messages, one file of `locales` a language, one message a code.
//!
//! A file is parsed at the first message that somebody needs in its language, so a cold start pays for none.

mod bundle;
mod details;
mod negotiate;
mod number;
#[cfg(test)]
mod tests;
mod wait;

use std::sync::OnceLock;

use crate::code::{Code, Coded};

use bundle::Bundle;
pub use details::{Argument, Details};

/// Tag and text of every file in `locales`, in the order of the tags.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));
static BUNDLES: [OnceLock<Bundle>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];

/// A language that errors can be told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(usize);

impl Language {
    /// What a reader gets who asked for nothing that there is.
    pub const ENGLISH: Self = Self(english());

    /// Every language, in the order of their tags.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..FILES.len()).map(Self)
    }

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        FILES[self.0].0
    }

    /// What a reader is told of an error.
    pub fn explain(self, error: &dyn Coded) -> String {
        self.message(error.code(), &Details::of(error))
    }

    /// What a reader is told of a code.
    pub fn message(self, code: Code, details: &Details<'_>) -> String {
        let bundle = BUNDLES[self.0].get_or_init(|| Bundle::new(self.tag(), self.source()));
        bundle.message(code, details)
    }

    fn source(self) -> &'static str {
        FILES[self.0].1
    }
}

/// Where English is in the list; a build without it does not compile.
const fn english() -> usize {
    let mut index = 0;
    while !matches!(FILES[index].0.as_bytes(), b"en") {
        index += 1;
    }
    index
}

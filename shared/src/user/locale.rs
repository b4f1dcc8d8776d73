//! The language that a user reads.

/// A BCP 47 language tag of at most 35 characters, as RFC 5646 section 4.4.1 lets a store be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(String);

impl Locale {
    /// Accepts letters, digits and hyphens, such as `en` or `zh-Hant-TW`; anything else is no tag.
    pub fn parse(raw: &str) -> Option<Self> {
        let form = raw.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        });
        (form && (2..=35).contains(&raw.len())).then(|| Self(raw.to_owned()))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self("en".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_other_text() {
        for tag in ["en", "pt-BR", "zh-Hant-TW"] {
            assert!(Locale::parse(tag).is_some(), "{tag}");
        }
        for text in ["", "e", "en_US", "en-", "english language", "abcdefghi"] {
            assert_eq!(Locale::parse(text), None, "{text}");
        }
    }
}

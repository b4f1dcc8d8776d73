//! Which of our languages suits a reader.

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::Language;

/// More preferences than this are no reader's.
const MAX_RANGES: usize = 32;
/// `q=1`, in thousandths: RFC 9110 section 12.4.2 gives a weight three decimals.
const FULL_WEIGHT: u16 = 1_000;

impl Language {
    /// The best answer to an `Accept-Language` header, RFC 9110 section 12.5.4: the language of the greatest weight that we have, where
    /// a range such as `ru-RU` or `sr-Latn` is also met by what is nearest to it. `None` where nothing fits, or anything does.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut ranges: Vec<(u16, &str)> = header
            .split(',')
            .take(MAX_RANGES)
            .filter_map(weighted)
            .collect();
        let (refused, wanted): (Vec<_>, Vec<_>) = {
            // Stable: of equal weights the first counts.
            ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
            ranges.into_iter().partition(|(weight, _)| *weight == 0)
        };
        let fits = |language: &Self| !refused.iter().any(|(_, tag)| *tag == language.tag());
        wanted
            .into_iter()
            .filter_map(|(_, tag)| Self::nearest(tag))
            .find(fits)
    }

    /// The language nearest to a BCP 47 tag, such as `ru` to `ru-RU`.
    pub fn nearest(tag: &str) -> Option<Self> {
        let requested: LanguageIdentifier = without_extensions(tag).parse().ok()?;
        if requested.language.is_empty() {
            return None;
        }
        let available: Vec<LanguageIdentifier> = Self::all()
            .map(|language| language.tag().parse())
            .collect::<Result<_, _>>()
            .ok()?;
        let found =
            negotiate_languages(&[requested], &available, None, NegotiationStrategy::Lookup);
        let found = *found.first()?;
        Self::all()
            .zip(&available)
            .find(|(_, tag)| *tag == found)
            .map(|(language, _)| language)
    }
}

/// A range and its weight. `None` for what is neither.
fn weighted(part: &str) -> Option<(u16, &str)> {
    let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
    let tag = tag.trim();
    if tag.is_empty() {
        return None;
    }
    let Some((name, value)) = parameters.split_once('=') else {
        return parameters.trim().is_empty().then_some((FULL_WEIGHT, tag));
    };
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let weight: f32 = value.trim().parse().ok()?;
    (0.0..=1.0)
        .contains(&weight)
        .then_some(((weight * f32::from(FULL_WEIGHT)).round() as u16, tag))
}

/// `de-DE` of `de-DE-u-co-phonebk`: a part of one letter begins what says nothing of the language.
fn without_extensions(tag: &str) -> &str {
    let mut end = 0;
    for part in tag.split('-') {
        if part.len() == 1 {
            return tag[..end].trim_end_matches('-');
        }
        end += part.len() + 1;
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(header: &str) -> Option<&'static str> {
        Language::accepted(header).map(Language::tag)
    }

    #[test]
    fn the_greatest_weight_that_there_is_wins() {
        for (header, tag) in [
            ("ru", Some("ru")),
            ("en;q=0.5, ru;q=0.8", Some("ru")),
            ("en, ru", Some("en")),
            ("ru;q=0.001,en;q=0.002", Some("en")),
            ("de-DE, de;q=0.9, ar;q=0.5, en;q=0.4", Some("ar")),
            (" AR ; Q=1.0 ", Some("ar")),
        ] {
            assert_eq!(accepted(header), tag, "{header}");
        }
    }

    #[test]
    fn a_country_or_a_script_falls_back_to_its_language() {
        for (tag, language) in [
            ("ru-RU", "ru"),
            ("RU-ru", "ru"),
            ("ru-Cyrl-KZ", "ru"),
            ("ar-EG", "ar"),
            ("en-GB", "en"),
            ("en-GB-oxendict", "en"),
            ("ar-EG-u-nu-latn", "ar"),
        ] {
            assert_eq!(accepted(tag), Some(language), "{tag}");
        }
    }

    #[test]
    fn what_is_refused_is_not_given() {
        assert_eq!(accepted("ru;q=0, en;q=0.1"), Some("en"));
        assert_eq!(accepted("ru-RU, ru;q=0, en;q=0.1"), Some("en"));
        assert_eq!(accepted("ru;q=0"), None);
    }

    #[test]
    fn anything_and_nothing_leave_the_choice_to_others() {
        for header in [
            "",
            "*",
            "*;q=0.5",
            "tlh",
            "de, fr;q=0.9",
            ",,;",
            "ru;q=2",
            "ru;q=x",
            "ru;level=1",
            "u-nu-latn",
            "русский",
        ] {
            assert_eq!(accepted(header), None, "{header}");
        }
    }
}

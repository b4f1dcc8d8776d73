//! Numbers as a language writes them.

use fluent_bundle::FluentValue;
use icu_decimal::{
    DecimalFormatter, DecimalFormatterPreferences, input::Decimal, options::DecimalFormatterOptions,
};
use icu_locale_core::Locale;
use intl_memoizer::{Memoizable, concurrent::IntlLangMemoizer};
use unic_langid::LanguageIdentifier;

/// Writes a whole number with the digits and the grouping of the language: `16,384`, `16 384`. Whatever is no number is left to Fluent.
///
/// The digits of Arabic are those of Unicode's data for `ar`, 0 to 9: one file serves every country, these digits are read in all of
/// them and the others are not, and they match the numbers in the same reply.
pub(super) fn format(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    let whole = Decimal::from(number.value as i64);
    let text = memoizer.with_try_get(NoOptions, |writer: &Writer| {
        writer.0.format(&whole).to_string()
    });
    text.ok()
}

struct Writer(DecimalFormatter);

#[derive(Clone, PartialEq, Eq, Hash)]
struct NoOptions;

impl Memoizable for Writer {
    type Args = NoOptions;
    type Error = String;

    fn construct(language: LanguageIdentifier, _: NoOptions) -> Result<Self, String> {
        let locale: Locale = language
            .to_string()
            .parse()
            .map_err(|error| format!("{error}"))?;
        let formatter = DecimalFormatter::try_new(
            DecimalFormatterPreferences::from(&locale),
            DecimalFormatterOptions::default(),
        );
        formatter.map(Self).map_err(|error| error.to_string())
    }
}

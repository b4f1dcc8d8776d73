//! A span of time as people write it.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds in each unit, the largest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// A span of time as people write it: `2h`, `1h30m`, `250ms`. Whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A text that is no span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no span of time: write whole numbers with d, h, m, s or ms, such as 2h, 1h30m or 250ms"
)]
pub struct SpanError(String);

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        parse(text).ok_or_else(|| SpanError(format!("{text:?}")))
    }
}

fn parse(text: &str) -> Option<Span> {
    let (mut rest, mut total) = (text, 0_u64);
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let (unit, tail) = tail.split_at(
            tail.find(|c: char| c.is_ascii_digit())
                .unwrap_or(tail.len()),
        );
        let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let part = number.parse::<u64>().ok()?.checked_mul(*milliseconds)?;
        total = total.checked_add(part)?;
        rest = tail;
    }
    (!text.is_empty()).then(|| Span(Duration::from_millis(total)))
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return formatter.write_str("0ms");
        }
        for (unit, milliseconds) in UNITS {
            if rest >= milliseconds {
                write!(formatter, "{}{unit}", rest / milliseconds)?;
                rest %= milliseconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_it_is_written() {
        for (text, milliseconds) in [
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1m1ms", 60_001),
            ("0ms", 0),
        ] {
            let span = Span(Duration::from_millis(milliseconds));
            assert_eq!(text.parse(), Ok(span));
            assert_eq!(span.to_string(), text);
        }
        assert_eq!("90m".parse::<Span>().unwrap().to_string(), "1h30m");
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "2",
            "h",
            "2 h",
            "-1s",
            "1.5s",
            "2w",
            "99999999999999999999s",
            "300000000000000d",
        ] {
            assert_eq!(
                text.parse::<Span>(),
                Err(SpanError(format!("{text:?}"))),
                "{text}"
            );
        }
    }
}

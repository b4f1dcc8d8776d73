//! Times on the wire: RFC 3339 in UTC with microseconds, as PostgreSQL keeps them.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use serde::{Serializer, de::Deserialize};

/// The present, cut to what the wire and PostgreSQL can carry.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Such as `2026-11-23T02:09:04.795811Z`.
pub fn format(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Any RFC 3339 time, whatever its offset and precision.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    // In a query string an unescaped + of an offset arrives as a space.
    DateTime::parse_from_rfc3339(&text.replace(' ', "+"))
        .ok()
        .map(|time| time.to_utc())
}

/// For `#[serde(with = "timestamp")]`.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(time))
}

/// For `#[serde(with = "timestamp")]`.
pub fn deserialize<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<DateTime<Utc>, D::Error> {
    DateTime::deserialize(deserializer)
}

/// The same for a time that may be absent.
pub mod optional {
    use super::{DateTime, Deserialize, Serializer, Utc, format};

    /// For `#[serde(with = "timestamp::optional")]`.
    pub fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&format(time)),
            None => serializer.serialize_none(),
        }
    }

    /// For `#[serde(with = "timestamp::optional")]`.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<DateTime<Utc>>, D::Error> {
        Option::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_keeps_its_microseconds() {
        let time = parse("2026-11-23T02:09:04Z").unwrap();
        assert_eq!(format(&time), "2026-11-23T02:09:04.000000Z");
    }

    #[test]
    fn an_offset_survives_a_query_string() {
        let time = parse("2026-11-23T03:09:04.5 01:00").unwrap();
        assert_eq!(format(&time), "2026-11-23T02:09:04.500000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-11-23"), None);
    }
}

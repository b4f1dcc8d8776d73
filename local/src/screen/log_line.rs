//! The functions' logs, made for reading: a column of names, JSON spelled out, reports in short.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Style;
use crate::{
    logs::{LogLine, LogSource},
    template::Template,
};

/// Formats the lines of one template's functions.
#[derive(Debug, Clone)]
pub struct LogFormat {
    style: Style,
    /// Place of each function in the template, which chooses its colour.
    places: BTreeMap<String, usize>,
    width: usize,
}

/// Parts of a JSON log that a reader of a terminal has no use for, or that are shown apart. `_aws` tells CloudWatch which of the others
/// are metrics.
const LEFT_OUT: [&str; 8] = [
    "_aws",
    "timestamp",
    "level",
    "message",
    "target",
    "fields",
    "span",
    "spans",
];

impl LogFormat {
    /// Aligned for the longest name.
    pub fn new(template: &Template, style: Style) -> Self {
        let places = template.functions.keys().cloned().zip(0..).collect();
        let width = template
            .functions
            .keys()
            .map(|name| name.len())
            .max()
            .unwrap_or_default();
        Self {
            style,
            places,
            width,
        }
    }

    /// The line as it is shown, or nothing for `INIT_START`, `START` and `END`, whose news is all in `REPORT`.
    pub fn line(&self, line: &LogLine) -> Option<String> {
        let text = match line.source {
            LogSource::Function => self.function(&line.text),
            LogSource::Platform => self.platform(&line.text)?,
        };
        let place = self
            .places
            .get(&*line.function)
            .copied()
            .unwrap_or_default();
        let name = self.style.nth(
            place,
            &format!("{:width$}", line.function, width = self.width),
        );
        Some(format!("{name}  {text}"))
    }

    fn function(&self, text: &str) -> String {
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(log) if log.contains_key("level") => self.json(&log),
            _ => printable(text),
        }
    }

    /// What the JSON of `tracing` or of Lambda's own format says.
    fn json(&self, log: &Map<String, Value>) -> String {
        let fields = log.get("fields").and_then(Value::as_object);
        let message = fields
            .and_then(|fields| fields.get("message"))
            .or_else(|| log.get("message"));
        let rest = fields
            .into_iter()
            .flatten()
            .chain(log)
            .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
        let rest: Vec<String> = rest
            .map(|(name, value)| format!("{name}={}", shown(value)))
            .collect();
        let mut parts = vec![self.level(&shown(&log["level"]))];
        parts.extend(message.map(shown));
        if !rest.is_empty() {
            parts.push(self.style.dim(&rest.join(" ")));
        }
        parts.join(" ")
    }

    fn level(&self, level: &str) -> String {
        let padded = format!("{level:5}");
        match level {
            "ERROR" | "FATAL" => self.style.red(&padded),
            "WARN" => self.style.yellow(&padded),
            _ => self.style.dim(&padded),
        }
    }

    fn platform(&self, text: &str) -> Option<String> {
        let told_again = ["INIT_START ", "START ", "END "];
        if told_again.iter().any(|kind| text.starts_with(kind)) || text.trim().is_empty() {
            return None;
        }
        let Some(report) = text.strip_prefix("REPORT ") else {
            return Some(self.style.yellow(&printable(text)));
        };
        let took = after(report, "\tDuration: ")?;
        let start = after(report, "Init Duration: ")
            .map(|init| format!(", {init} to start"))
            .unwrap_or_default();
        let memory = after(report, "Max Memory Used: ")
            .map(|used| format!(", {used}"))
            .unwrap_or_default();
        let status = after(report, "Status: ")
            .map(|status| format!(", {status}"))
            .unwrap_or_default();
        Some(self.style.dim(&format!("{took}{start}{memory}{status}")))
    }
}

/// The value behind a label of a report, up to the next tab.
fn after<'a>(report: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = report.split_once(label)?;
    rest.split('\t').next().map(str::trim)
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => other.to_string(),
    }
}

/// Without what would move the cursor: a log may quote what a stranger has sent.
fn printable(text: &str) -> String {
    let escape = |letter: char| {
        if letter.is_control() && letter != '\t' {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_as(source: LogSource, text: &str) -> Option<String> {
        let format = LogFormat {
            style: Style::plain(),
            places: BTreeMap::new(),
            width: 7,
        };
        format.line(&LogLine {
            function: "Hello".into(),
            source,
            text: text.to_owned(),
        })
    }

    #[test]
    fn json_is_spelled_out() {
        let text = r#"{"timestamp":"2026-11-23T02:00:00Z","level":"INFO","fields":{"message":"sent","members":3},"target":"shared"}"#;
        assert_eq!(
            shown_as(LogSource::Function, text).unwrap(),
            "Hello    INFO  sent members=3"
        );
        let flat = r#"{"level":"WARN","message":"slow","requestId":"r-1"}"#;
        assert_eq!(
            shown_as(LogSource::Function, flat).unwrap(),
            "Hello    WARN  slow requestId=r-1"
        );
        let metrics = r#"{"level":"INFO","message":"swept","_aws":{"Timestamp":1},"rows":2}"#;
        assert_eq!(
            shown_as(LogSource::Function, metrics).unwrap(),
            "Hello    INFO  swept rows=2"
        );
    }

    #[test]
    fn other_text_is_shown_as_it_is_but_cannot_move_the_cursor() {
        assert_eq!(
            shown_as(LogSource::Function, "plain {text}").unwrap(),
            "Hello    plain {text}"
        );
        assert_eq!(
            shown_as(LogSource::Function, "a\x1b[2Jb").unwrap(),
            "Hello    a\\u{1b}[2Jb"
        );
    }

    #[test]
    fn a_report_is_short_and_start_and_end_are_not_shown() {
        let report = "REPORT RequestId: 1\tDuration: 12.30 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 14 MB\tInit Duration: 4.00 ms\t";
        assert_eq!(
            shown_as(LogSource::Platform, report).unwrap(),
            "Hello    12.30 ms, 4.00 ms to start, 14 MB"
        );
        assert_eq!(
            shown_as(LogSource::Platform, "START RequestId: 1 Version: $LATEST"),
            None
        );
        assert_eq!(shown_as(LogSource::Platform, "END RequestId: 1"), None);
        let start = "INIT_START Runtime Version: provided:al2023.local";
        assert_eq!(shown_as(LogSource::Platform, start), None);
        let other = shown_as(LogSource::Platform, "1 Task timed out after 3.00 seconds").unwrap();
        assert_eq!(other, "Hello    1 Task timed out after 3.00 seconds");
    }

    #[test]
    fn levels_and_names_have_colours() {
        let format = LogFormat {
            style: Style::COLOURED,
            places: BTreeMap::new(),
            width: 5,
        };
        let text = r#"{"level":"ERROR","message":"no"}"#.to_owned();
        let line = LogLine {
            function: "Hello".into(),
            source: LogSource::Function,
            text,
        };
        assert_eq!(
            format.line(&line).unwrap(),
            "\x1b[36mHello\x1b[0m  \x1b[31mERROR\x1b[0m no"
        );
    }
}

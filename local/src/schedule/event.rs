//! What a schedule sends to its function.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::template::{ACCOUNT_ID, REGION, Schedule, ScheduleKind};

/// The event that both services send unless `Input` is declared.
#[derive(Serialize)]
struct ScheduledEvent<'a> {
    version: &'a str,
    id: Uuid,
    #[serde(rename = "detail-type")]
    detail_type: &'a str,
    source: &'a str,
    account: &'a str,
    time: String,
    region: &'a str,
    resources: [String; 1],
    detail: Value,
}

/// The payload of a run that was due at `time`. `id` is that of the run.
pub(super) fn payload(schedule: &Schedule, time: DateTime<Utc>, id: Uuid) -> Bytes {
    let time = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    match (&schedule.input, schedule.kind) {
        (Some(input), ScheduleKind::Rule) => Bytes::from(input.clone()),
        (Some(input), ScheduleKind::Scheduler) => {
            Bytes::from(with_context(schedule, input, &time, id))
        }
        (None, kind) => {
            let (source, detail) = match kind {
                ScheduleKind::Rule => ("aws.events", Value::Object(serde_json::Map::new())),
                // EventBridge Scheduler sends a text where a rule sends an object.
                ScheduleKind::Scheduler => ("aws.scheduler", Value::String("{}".to_owned())),
            };
            let event = ScheduledEvent {
                version: "0",
                id,
                detail_type: "Scheduled Event",
                source,
                account: ACCOUNT_ID,
                time,
                region: REGION,
                resources: [arn(schedule)],
                detail,
            };
            Bytes::from(serde_json::to_vec(&event).expect("texts and an empty object are JSON"))
        }
    }
}

fn arn(schedule: &Schedule) -> String {
    let name = &schedule.name;
    match schedule.kind {
        ScheduleKind::Rule => format!("arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{name}"),
        ScheduleKind::Scheduler => {
            format!("arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule/default/{name}")
        }
    }
}

/// EventBridge Scheduler fills its context attributes into `Input`.
fn with_context(schedule: &Schedule, input: &str, time: &str, id: Uuid) -> String {
    input
        .replace("<aws.scheduler.schedule-arn>", &arn(schedule))
        .replace("<aws.scheduler.scheduled-time>", time)
        .replace("<aws.scheduler.execution-id>", &id.to_string())
        .replace("<aws.scheduler.attempt-number>", "1")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Schedule, ScheduleKind, payload};

    fn sent(kind: ScheduleKind, input: Option<&str>) -> String {
        let schedule = Schedule {
            name: "CleanupFunctionDaily".to_owned(),
            function: "CleanupFunction".to_owned(),
            expression: "rate(1 day)".to_owned(),
            timezone: None,
            input: input.map(str::to_owned),
            kind,
            enabled: true,
        };
        let time = "2026-11-01T10:00:00.123Z".parse().unwrap();
        String::from_utf8(payload(&schedule, time, Uuid::from_u128(7)).to_vec()).unwrap()
    }

    #[test]
    fn a_rule_sends_an_empty_object_as_detail() {
        assert_eq!(
            sent(ScheduleKind::Rule, None),
            r#"{"version":"0","id":"00000000-0000-0000-0000-000000000007","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-01T10:00:00Z","region":"us-east-1","resources":["arn:aws:events:us-east-1:123456789012:rule/CleanupFunctionDaily"],"detail":{}}"#
        );
    }

    #[test]
    fn the_scheduler_sends_a_text_as_detail() {
        assert_eq!(
            sent(ScheduleKind::Scheduler, None),
            r#"{"version":"0","id":"00000000-0000-0000-0000-000000000007","detail-type":"Scheduled Event","source":"aws.scheduler","account":"123456789012","time":"2026-11-01T10:00:00Z","region":"us-east-1","resources":["arn:aws:scheduler:us-east-1:123456789012:schedule/default/CleanupFunctionDaily"],"detail":"{}"}"#
        );
    }

    #[test]
    fn an_input_is_sent_instead() {
        let input = r#"{ "k": "<aws.scheduler.scheduled-time>" }"#;
        assert_eq!(sent(ScheduleKind::Rule, Some(input)), input);
        assert_eq!(
            sent(ScheduleKind::Scheduler, Some(input)),
            r#"{ "k": "2026-11-01T10:00:00Z" }"#
        );
    }
}

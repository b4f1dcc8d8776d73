//! Counts and durations of a slice, as CloudWatch reads metrics out of a log line (its embedded metric format).

use serde_json::{Value, json};

use super::SweepReport;

/// Where CloudWatch lists them.
const NAMESPACE: &str = "Gatepost";

/// Writes the line. It is a log line like any other, and elsewhere than on Amazon no more than that.
#[expect(
    clippy::print_stdout,
    reason = "the format is a line of its own, not a field of a log line"
)]
pub(super) fn emit(report: &SweepReport) {
    if !report.dry_run {
        println!("{}", line(report, chrono::Utc::now().timestamp_millis()));
    }
}

fn line(report: &SweepReport, now_millis: i64) -> Value {
    let metrics: Vec<Value> = report
        .counts
        .keys()
        .copied()
        .map(|name| json!({"Name": name, "Unit": "Count"}))
        .chain([
            json!({"Name": "batches", "Unit": "Count"}),
            json!({"Name": "longest_batch_millis", "Unit": "Milliseconds"}),
            json!({"Name": "millis", "Unit": "Milliseconds"}),
        ])
        .collect();
    let mut line = json!(report);
    line["level"] = json!("INFO");
    line["message"] = json!("a slice of cleanup has ended");
    line["function"] = json!("cleanup");
    line["_aws"] = json!({
        "Timestamp": now_millis,
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": metrics}],
    });
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_that_the_line_declares_is_a_number_in_it() {
        let line = line(&SweepReport::begin(), 1_700_000_000_000);
        let declared = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(declared.len(), 8 + 3);
        for metric in declared {
            let name = metric["Name"].as_str().unwrap();
            assert!(line[name].is_u64(), "{name} in {line}");
        }
    }
}

//! The lines that Lambda itself writes into a function's log.

use std::time::Duration;

use chrono::Utc;
use uuid::Uuid;

use super::outcome::Failure;
use crate::template::REGION;

/// What `REPORT` says about an invocation.
#[derive(Debug)]
pub(super) struct Report<'a> {
    /// Of the invocation.
    pub(super) request_id: Uuid,
    /// From the hand-over of the event to the runtime's next request for one.
    pub(super) duration: Duration,
    /// From the start of the process to its first request for an event, when this was its first invocation.
    pub(super) init: Option<Duration>,
    /// As declared.
    pub(super) memory_mb: u32,
    /// The most that the process has used so far.
    pub(super) max_memory_mb: u64,
    /// How it failed, if the platform had to say so.
    pub(super) failure: Option<&'a Failure>,
}

impl Report<'_> {
    /// The line. Lambda ends every part with a tab, also the last.
    pub(super) fn line(&self) -> String {
        let billed = (milliseconds(self.duration) + self.init.map_or(0.0, milliseconds)).ceil();
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tBilled Duration: {billed:.0} ms\tMemory Size: {} MB\tMax Memory Used: {} MB\t",
            self.request_id,
            milliseconds(self.duration),
            self.memory_mb,
            self.max_memory_mb,
        );
        if let Some(init) = self.init {
            line.push_str(&format!("Init Duration: {:.2} ms\t", milliseconds(init)));
        }
        match self.failure {
            None => {}
            Some(Failure::TimedOut(_)) => line.push_str("Status: timeout"),
            Some(failure) => line.push_str(&format!(
                "Status: error\tError Type: {}",
                failure.error_type()
            )),
        }
        line
    }
}

/// When a process was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before its first invocation.
    Init,
    /// Within it, after an init that took too long: the invocation's own time runs meanwhile.
    Invoke,
}

/// The line that opens the start of a process. The version is our own: there is no runtime of AWS here.
pub(super) fn init_start() -> String {
    format!(
        "INIT_START Runtime Version: provided:al2023.local\tRuntime Version ARN: arn:aws:lambda:{REGION}::runtime:local"
    )
}

/// The line that opens an invocation.
pub(super) fn start(request_id: Uuid) -> String {
    format!("START RequestId: {request_id} Version: $LATEST")
}

/// The line that closes an invocation.
pub(super) fn end(request_id: Uuid) -> String {
    format!("END RequestId: {request_id}")
}

/// The line of an invocation that is killed.
pub(super) fn timed_out(request_id: Uuid, limit: Duration) -> String {
    let now = Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ");
    format!(
        "{now} {request_id} Task timed out after {:.2} seconds",
        limit.as_secs_f64()
    )
}

/// The line of a process that did not become ready.
pub(super) fn init(duration: Duration, phase: Phase, failure: &Failure) -> String {
    let phase = match phase {
        Phase::Init => "init",
        Phase::Invoke => "invoke",
    };
    let status = match failure {
        Failure::TimedOut(_) => "timeout".to_owned(),
        failure => format!("error\tError Type: {}", failure.error_type()),
    };
    format!(
        "INIT_REPORT Init Duration: {:.2} ms\tPhase: {phase}\tStatus: {status}",
        milliseconds(duration)
    )
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Failure, Phase, Report, Uuid, init};

    fn report(init: Option<Duration>, failure: Option<&Failure>) -> String {
        Report {
            request_id: Uuid::from_u128(7),
            duration: Duration::from_micros(31_414_740),
            init,
            memory_mb: 2048,
            max_memory_mb: 273,
            failure,
        }
        .line()
    }

    #[test]
    fn a_cold_start_is_billed_with_its_init() {
        assert_eq!(
            report(Some(Duration::from_micros(548_720)), None),
            "REPORT RequestId: 00000000-0000-0000-0000-000000000007\tDuration: 31414.74 ms\tBilled Duration: 31964 ms\t\
             Memory Size: 2048 MB\tMax Memory Used: 273 MB\tInit Duration: 548.72 ms\t"
        );
    }

    #[test]
    fn a_failure_of_the_platform_has_a_status() {
        let timeout = Failure::TimedOut(Duration::from_secs(3));
        assert!(report(None, Some(&timeout)).ends_with("Max Memory Used: 273 MB\tStatus: timeout"));
        assert_eq!(
            init(Duration::from_secs(10), Phase::Init, &timeout),
            "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout"
        );
    }
}

//! Events of `Type: Schedule` and `Type: ScheduleV2`.

use super::{
    error::Fault,
    properties::{Known, Properties},
};
use crate::schedule::Expression;

/// A schedule of EventBridge.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// `Name`, or as SAM names it: logical id of the function, then of the event, such as `CleanupFunctionDaily`.
    pub name: String,
    /// Logical id of its function.
    pub function: String,
    /// `rate(1 day)`, `cron(…)` or `at(…)`.
    pub expression: String,
    /// IANA name; UTC unless declared.
    pub timezone: Option<String>,
    /// Sent as it stands instead of the scheduled event.
    pub input: Option<String>,
    /// Which service it is, because their events differ.
    pub kind: ScheduleKind,
    /// False for `State: DISABLED`.
    pub enabled: bool,
}

/// The two services that can run a function at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleKind {
    /// `Type: Schedule`, an EventBridge rule.
    Rule,
    /// `Type: ScheduleV2`, EventBridge Scheduler.
    Scheduler,
}

// RetryPolicy and DeadLetterConfig are about an invocation that cannot be handed over, which cannot happen here.
const RULE: Known = Known {
    read: &["Enabled", "Input", "Name", "Schedule", "State"],
    without_effect: &["DeadLetterConfig", "Description", "RetryPolicy", "RuleName"],
    warned: &[],
};

const SCHEDULER: Known = Known {
    read: &[
        "Input",
        "Name",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "State",
    ],
    without_effect: &[
        "DeadLetterConfig",
        "Description",
        // Any moment within the window is right, so also its first.
        "FlexibleTimeWindow",
        "GroupName",
        "KmsKeyArn",
        "OmitName",
        "PermissionsBoundary",
        "RetryPolicy",
        "RoleArn",
    ],
    warned: &[],
};

/// The schedule of an event of a function.
pub(super) fn read(
    kind: ScheduleKind,
    function: &str,
    event: &str,
    properties: &Properties<'_>,
) -> Result<Schedule, Fault> {
    let (known, expression) = match kind {
        ScheduleKind::Rule => (&RULE, "Schedule"),
        ScheduleKind::Scheduler => (&SCHEDULER, "ScheduleExpression"),
    };
    properties.check(known)?;
    properties.only("State", &["ENABLED", "DISABLED"])?;
    let disabled = properties.text("State")?.as_deref() == Some("DISABLED")
        || properties.flag("Enabled")? == Some(false);
    let schedule = Schedule {
        name: properties
            .text("Name")?
            .unwrap_or_else(|| format!("{function}{event}")),
        function: function.to_owned(),
        expression: properties.required(expression)?,
        timezone: properties.text("ScheduleExpressionTimezone")?,
        input: properties.text("Input")?,
        kind,
        enabled: !disabled,
    };
    let line = properties.line_of(expression);
    Expression::parse(&schedule.expression, schedule.timezone.as_deref(), kind)
        .map_err(|error| super::error::Problem::from(error).at(line))?;
    Ok(schedule)
}

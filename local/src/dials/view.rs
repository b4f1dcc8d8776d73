//! What `GET /_local/dials` shows.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::Value;

use super::{
    Dials, Link, Span,
    kills::Armed,
    link::LinkState,
    posts::{PostFault, Rule},
    request::{KillRequest, LinkRequest, LinkWord, Moment, PostsRequest},
};
use crate::{clock::Clock, schedule::Upcoming};

/// Every dial, in the form in which it is set; `next`, `reorder`, `lose` and `duplicate` count what is still to happen.
#[derive(Debug, Serialize)]
pub(super) struct DialsView {
    clock: ClockView,
    disconnects: DisconnectsView,
    posts: Vec<PostsRequest>,
    kills: Vec<KillRequest>,
    /// `null` when the stack has not started the server.
    postgres: Option<LinkRequest>,
    redis: Option<LinkRequest>,
}

#[derive(Debug, Serialize)]
pub(super) struct ClockView {
    now: String,
    /// How far it was moved on by hand.
    ahead: Span,
}

#[derive(Debug, Serialize)]
struct DisconnectsView {
    drop: u32,
}

/// A schedule in `GET /_local/schedules`.
#[derive(Debug, Serialize)]
pub(super) struct ScheduleView {
    name: String,
    function: String,
    expression: String,
    timezone: Option<String>,
    enabled: bool,
    /// The next runs, at most three.
    next: Vec<String>,
}

impl DialsView {
    pub(super) fn of(dials: &Dials) -> Self {
        Self {
            clock: ClockView::of(dials.clock()),
            disconnects: DisconnectsView {
                drop: dials.disconnects().left(),
            },
            posts: dials.posts().rules(rule),
            kills: dials.kills().list().into_iter().map(kill).collect(),
            postgres: link(dials.postgres()),
            redis: link(dials.redis()),
        }
    }
}

impl ClockView {
    pub(super) fn of(clock: &Clock) -> Self {
        Self {
            now: written(clock.now()),
            ahead: Span(clock.ahead().to_std().unwrap_or_default()),
        }
    }
}

impl ScheduleView {
    pub(super) fn of(upcoming: Upcoming) -> Self {
        let schedule = upcoming.schedule;
        Self {
            name: schedule.name,
            function: schedule.function,
            expression: schedule.expression,
            timezone: schedule.timezone,
            enabled: schedule.enabled,
            next: upcoming
                .next
                .into_iter()
                .chain(upcoming.later)
                .map(written)
                .collect(),
        }
    }
}

/// As text that is the same in every answer: RFC 3339 in UTC with milliseconds.
fn written(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn rule(rule: &Rule) -> PostsRequest {
    let mut view = PostsRequest {
        connection: rule.connection.clone(),
        ..PostsRequest::default()
    };
    match rule.fault {
        PostFault::Refuse(refusal) => view.status = Some(refusal.status()),
        PostFault::Delay(delay) => view.delay = Some(Span(delay)),
        PostFault::Reorder => {
            view.reorder = Some(rule.left);
            return view;
        }
        PostFault::Lose => {
            view.lose = Some(rule.left);
            return view;
        }
        PostFault::Duplicate => {
            view.duplicate = Some(rule.left);
            return view;
        }
    }
    view.next = Some(rule.left);
    view
}

fn kill(armed: Armed) -> KillRequest {
    use super::When;
    let (when, after) = match armed.when {
        When::BeforeAnswer => (Some(Moment::BeforeAnswer), None),
        When::AfterAnswer => (Some(Moment::AfterAnswer), None),
        When::AtPost => (Some(Moment::AtPost), None),
        When::After(span) => (None, Some(Span(span))),
    };
    KillRequest {
        function: armed.function,
        when,
        after,
        next: Some(armed.left),
    }
}

fn link(link: &Link) -> Option<LinkRequest> {
    let (state, delay) = match link.state()? {
        LinkState::Open => (LinkWord::Open, None),
        LinkState::Slow(delay) => (LinkWord::Slow, Some(Span(delay))),
        LinkState::Cut => (LinkWord::Cut, None),
    };
    Some(LinkRequest { state, delay })
}

/// As JSON.
pub(super) fn json(view: &impl Serialize) -> Value {
    serde_json::to_value(view).expect("texts and numbers under constant names are JSON")
}

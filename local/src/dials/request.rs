//! What is posted to `/_local`: written by the command line, read by the stack.

use serde::{Deserialize, Serialize};

use super::{DialError, LinkState, PostFault, Refusal, Span, When};

/// `POST /_local/clock`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdvanceRequest {
    /// How far the clock is moved on.
    pub advance: Span,
}

/// `POST /_local/dials/disconnects`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisconnectsRequest {
    /// How many of the next `$disconnect` events are lost.
    pub drop: u32,
}

/// `POST /_local/dials/sockets`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketsRequest {
    /// `true`: every open socket ends.
    pub cut: bool,
}

/// `POST /_local/dials/posts`: one of `status`, `delay`, `reorder`, `lose` and `duplicate`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostsRequest {
    /// The posts are refused with this: 410, 429 or 500.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The posts are made this much later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
    /// So many posts are made in the opposite order, as soon as the last one has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<u32>,
    /// So many posts are answered and reach nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lose: Option<u32>,
    /// So many posts are made twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<u32>,
    /// For how many posts that are refused or come late; 1 unless set. The others say that themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// Only posts to this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// `POST /_local/dials/kills`: one of `when` and `after`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KillRequest {
    /// Logical id of the function, or its name.
    pub function: String,
    /// At which point of its work the process is killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Moment>,
    /// How long after it got its event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
    /// For how many events; 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// A point in the work of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// [`When::BeforeAnswer`].
    BeforeAnswer,
    /// [`When::AfterAnswer`].
    AfterAnswer,
    /// [`When::AtPost`].
    AtPost,
}

/// `POST /_local/dials/postgres` and `…/redis`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// How the way to the server is from now on.
    pub state: LinkWord,
    /// How slow a slow way is, for each piece that a client sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Span>,
}

/// The word for a [`LinkState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkWord {
    /// [`LinkState::Open`].
    Open,
    /// [`LinkState::Slow`], with a delay.
    Slow,
    /// [`LinkState::Cut`].
    Cut,
}

impl PostsRequest {
    pub(super) fn fault(&self) -> Result<(PostFault, u32), DialError> {
        let status = |status| {
            let refusal = Refusal::of_status(status).ok_or(DialError::Status(status))?;
            Ok((PostFault::Refuse(refusal), count(self.next)?))
        };
        match (
            self.status,
            self.delay,
            self.reorder,
            self.lose,
            self.duplicate,
        ) {
            (Some(code), None, None, None, None) => status(code),
            (None, Some(delay), None, None, None) => {
                Ok((PostFault::Delay(delay.0), count(self.next)?))
            }
            (None, None, Some(0 | 1), None, None) => Err(DialError::Contradiction(
                "reorder needs at least 2 posts: one alone has no order",
            )),
            (None, None, Some(posts), None, None) => self.counted(PostFault::Reorder, posts),
            (None, None, None, Some(0), None) => Err(DialError::Zero("lose")),
            (None, None, None, Some(posts), None) => self.counted(PostFault::Lose, posts),
            (None, None, None, None, Some(0)) => Err(DialError::Zero("duplicate")),
            (None, None, None, None, Some(posts)) => self.counted(PostFault::Duplicate, posts),
            _ => Err(DialError::Contradiction(
                "choose one of status, delay, reorder, lose and duplicate",
            )),
        }
    }

    fn counted(&self, fault: PostFault, posts: u32) -> Result<(PostFault, u32), DialError> {
        match self.next {
            None => Ok((fault, posts)),
            Some(_) => Err(DialError::Contradiction(
                "reorder, lose and duplicate say themselves how many posts they are for: leave next out",
            )),
        }
    }
}

impl KillRequest {
    pub(super) fn when(&self) -> Result<(When, u32), DialError> {
        let when = match (self.when, self.after) {
            (Some(Moment::BeforeAnswer), None) => When::BeforeAnswer,
            (Some(Moment::AfterAnswer), None) => When::AfterAnswer,
            (Some(Moment::AtPost), None) => When::AtPost,
            (None, Some(after)) => When::After(after.0),
            _ => return Err(DialError::Contradiction("choose one of when and after")),
        };
        Ok((when, count(self.next)?))
    }
}

impl LinkRequest {
    pub(super) fn state(&self) -> Result<LinkState, DialError> {
        match (self.state, self.delay) {
            (LinkWord::Open, None) => Ok(LinkState::Open),
            (LinkWord::Cut, None) => Ok(LinkState::Cut),
            (LinkWord::Slow, Some(delay)) => Ok(LinkState::Slow(delay.0)),
            _ => Err(DialError::Contradiction(
                "slow needs a delay, open and cut take none",
            )),
        }
    }
}

fn count(next: Option<u32>) -> Result<u32, DialError> {
    match next {
        Some(0) => Err(DialError::Zero("next")),
        next => Ok(next.unwrap_or(1)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn posts(request: Value) -> Result<(PostFault, u32), String> {
        let request: PostsRequest = from_value(request).map_err(|error| error.to_string())?;
        request.fault().map_err(|error| error.to_string())
    }

    #[test]
    fn a_fault_of_posts_is_one_of_five() {
        let refuse = |refusal, next| Ok((PostFault::Refuse(refusal), next));
        assert_eq!(posts(json!({"status": 410})), refuse(Refusal::Gone, 1));
        assert_eq!(
            posts(json!({"status": 429, "next": 9, "connection": "a="})),
            refuse(Refusal::Throttled, 9)
        );
        assert_eq!(posts(json!({"reorder": 3})), Ok((PostFault::Reorder, 3)));
        assert_eq!(posts(json!({"lose": 1})), Ok((PostFault::Lose, 1)));
        assert_eq!(
            posts(json!({"duplicate": 2})),
            Ok((PostFault::Duplicate, 2))
        );
        for (request, error) in [
            (
                json!({}),
                "choose one of status, delay, reorder, lose and duplicate",
            ),
            (
                json!({"status": 404}),
                "a post cannot be refused with 404: choose 410, 429 or 500",
            ),
            (
                json!({"reorder": 1}),
                "reorder needs at least 2 posts: one alone has no order",
            ),
            (
                json!({"lose": 0}),
                "lose is 0: a fault has to happen at least once; DELETE takes it back",
            ),
            (
                json!({"lose": 1, "next": 2}),
                "reorder, lose and duplicate say themselves how many posts they are for: leave next out",
            ),
            (
                json!({"status": 500, "next": 0}),
                "next is 0: a fault has to happen at least once; DELETE takes it back",
            ),
            (
                json!({"delay": "soon"}),
                "\"soon\" is no span of time: write whole numbers with d, h, m, s or ms, such as 2h, 1h30m or 250ms",
            ),
            (
                json!({"code": 410}),
                "unknown field `code`, expected one of `status`, `delay`, `reorder`, `lose`, `duplicate`, `next`, `connection`",
            ),
        ] {
            assert_eq!(posts(request).unwrap_err(), error);
        }
    }

    #[test]
    fn a_kill_has_one_time_and_a_slow_way_a_delay() {
        let kill = |request| from_value::<KillRequest>(request).unwrap().when();
        let (when, next) = kill(json!({"function": "F", "when": "at_post", "next": 2})).unwrap();
        assert_eq!((when, next), (When::AtPost, 2));
        let (when, _) = kill(json!({"function": "F", "after": "5ms"})).unwrap();
        assert_eq!(when, When::After(std::time::Duration::from_millis(5)));
        assert!(kill(json!({"function": "F"})).is_err());
        assert!(kill(json!({"function": "F", "when": "at_post", "after": "5ms"})).is_err());

        let link = |request| from_value::<LinkRequest>(request).unwrap().state();
        assert_eq!(link(json!({"state": "cut"})).unwrap(), LinkState::Cut);
        assert!(link(json!({"state": "slow"})).is_err());
        assert!(link(json!({"state": "cut", "delay": "5ms"})).is_err());
    }
}

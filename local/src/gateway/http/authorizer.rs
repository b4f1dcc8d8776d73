//! Whether a request may reach its function.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{error::HttpError, event::Incoming};
use crate::{
    gateway::{clock::Moment, functions::CallError, peer::text, policy::Policy},
    template::HttpAuthorizer,
};

/// What an authorizer says about an identity.
#[derive(Debug)]
struct Verdict {
    decision: Decision,
    /// `requestContext.authorizer.lambda`, as the authorizer wrote it.
    context: Option<Box<RawValue>>,
}

#[derive(Debug)]
enum Decision {
    Simple(bool),
    /// It may allow one route and deny another, so it is asked again at each request.
    Policy(Policy),
}

/// `EnableSimpleResponses`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimpleResponse {
    is_authorized: bool,
    #[serde(default)]
    context: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyResponse {
    policy_document: Policy,
    #[serde(default)]
    context: Option<Box<RawValue>>,
}

/// What a function returns, or fails with, to say that it does not know the caller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_message: String,
}

/// Verdicts that still count, by authorizer and identity.
#[derive(Debug, Default)]
pub(super) struct Verdicts(Mutex<HashMap<Key, Kept>>);

type Key = (String, Vec<String>);

#[derive(Debug)]
struct Kept {
    verdict: Arc<Verdict>,
    until: Moment,
}

impl Verdicts {
    /// Asks an authorizer, unless its verdict is still known. What it says becomes `requestContext.authorizer` of the
    /// function's event.
    pub(super) async fn authorize(
        &self,
        name: &str,
        authorizer: &HttpAuthorizer,
        incoming: &Incoming<'_>,
    ) -> Result<Box<RawValue>, HttpError> {
        let sources = authorizer.identity_sources.iter();
        let identity = sources
            .map(|source| identity(incoming, source).filter(|value| !value.is_empty()))
            .collect::<Option<Vec<String>>>()
            .ok_or(HttpError::Unauthorized)?;
        let cached = !authorizer.result_ttl.is_zero() && !identity.is_empty();
        let key = (name.to_owned(), identity);
        let now = incoming.api.platform.clock.now();
        let verdict = match self.known(&key, now).filter(|_| cached) {
            Some(verdict) => verdict,
            None => {
                let verdict = Arc::new(ask(authorizer, incoming, &key.1).await?);
                if cached {
                    self.keep(key, &verdict, now, authorizer.result_ttl);
                }
                verdict
            }
        };
        let allowed = match &verdict.decision {
            Decision::Simple(allowed) => *allowed,
            Decision::Policy(policy) => policy.allows(&incoming.route_arn()),
        };
        if !allowed {
            return Err(HttpError::Forbidden);
        }
        Ok(context_of_event(&verdict))
    }

    fn known(&self, key: &Key, now: Moment) -> Option<Arc<Verdict>> {
        let verdicts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = verdicts.get(key)?;
        (kept.until > now).then(|| Arc::clone(&kept.verdict))
    }

    fn keep(&self, key: Key, verdict: &Arc<Verdict>, now: Moment, ttl: Duration) {
        let mut verdicts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.retain(|_, kept| kept.until > now);
        let kept = Kept {
            verdict: Arc::clone(verdict),
            until: now.after(ttl),
        };
        verdicts.insert(key, kept);
    }
}

async fn ask(
    authorizer: &HttpAuthorizer,
    incoming: &Incoming<'_>,
    identity: &[String],
) -> Result<Verdict, HttpError> {
    let platform = &incoming.api.platform;
    let event = incoming
        .authorizer_event(identity)
        .map_err(HttpError::Event)?;
    let result = platform
        .functions
        .call(
            &authorizer.function,
            event,
            platform.options.limits.http_authorizer,
        )
        .await;
    match result {
        Ok(result) | Err(CallError::Failed(result)) if says_unauthorized(&result) => {
            Err(HttpError::Unauthorized)
        }
        Ok(result) => read(authorizer, &result),
        Err(error) => Err(HttpError::Authorizer(error.to_string())),
    }
}

fn says_unauthorized(result: &Bytes) -> bool {
    serde_json::from_slice::<Failure>(result)
        .is_ok_and(|failure| failure.error_message == "Unauthorized")
}

fn read(authorizer: &HttpAuthorizer, result: &Bytes) -> Result<Verdict, HttpError> {
    let malformed = |error: serde_json::Error| HttpError::Authorizer(error.to_string());
    if authorizer.simple_responses {
        let response: SimpleResponse = serde_json::from_slice(result).map_err(malformed)?;
        return Ok(Verdict {
            decision: Decision::Simple(response.is_authorized),
            context: response.context,
        });
    }
    let response: PolicyResponse = serde_json::from_slice(result).map_err(malformed)?;
    Ok(Verdict {
        decision: Decision::Policy(response.policy_document),
        context: response.context,
    })
}

/// `{"lambda": …}`: unlike in WebSocket APIs the values keep their types. Without a context it is null.
fn context_of_event(verdict: &Verdict) -> Box<RawValue> {
    let context = verdict.context.as_ref().map_or("null", |raw| raw.get());
    RawValue::from_string(format!(r#"{{"lambda":{context}}}"#)).expect("JSON in an object is JSON")
}

/// What an identity source says about a request.
fn identity(incoming: &Incoming<'_>, source: &str) -> Option<String> {
    if let Some(name) = source.strip_prefix("$request.header.") {
        let values = incoming.parts.headers.get_all(name);
        let values: Vec<String> = values.iter().map(text).collect();
        return (!values.is_empty()).then(|| values.join(","));
    }
    if let Some(name) = source.strip_prefix("$request.querystring.") {
        let query = incoming.parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let values: Vec<String> = pairs
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .collect();
        return (!values.is_empty()).then(|| values.join(","));
    }
    if let Some(name) = source.strip_prefix("$stageVariables.") {
        return incoming.api.declared.stage_variables.get(name).cloned();
    }
    match source.strip_prefix("$context.")? {
        "routeKey" => Some(incoming.matched.route.key.clone()),
        "httpMethod" => Some(incoming.parts.method.to_string()),
        "path" => Some(incoming.parts.uri.path().to_owned()),
        "identity.sourceIp" => Some(incoming.source_ip.to_string()),
        "stage" => Some(incoming.api.declared.stage.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorizer(simple_responses: bool) -> HttpAuthorizer {
        HttpAuthorizer {
            function: "A".to_owned(),
            identity_sources: Vec::new(),
            simple_responses,
            result_ttl: Duration::ZERO,
        }
    }

    #[test]
    fn a_context_keeps_its_types() {
        let response = Bytes::from_static(
            br#"{"isAuthorized":true,"context":{"n":1,"list":["a"],"deep":{"b":true}}}"#,
        );
        let verdict = read(&authorizer(true), &response).unwrap();
        assert_eq!(
            context_of_event(&verdict).get(),
            r#"{"lambda":{"n":1,"list":["a"],"deep":{"b":true}}}"#
        );
        let verdict = read(
            &authorizer(true),
            &Bytes::from_static(br#"{"isAuthorized":true}"#),
        );
        assert_eq!(
            context_of_event(&verdict.unwrap()).get(),
            r#"{"lambda":null}"#
        );
    }

    #[test]
    fn an_authorizer_answers_in_the_form_that_was_declared() {
        let simple = Bytes::from_static(br#"{"isAuthorized":true}"#);
        let policy = Bytes::from_static(
            br#"{"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":[]}}"#,
        );
        assert!(read(&authorizer(true), &policy).is_err());
        assert!(read(&authorizer(false), &simple).is_err());
        assert!(read(&authorizer(false), &policy).is_ok());
    }

    #[test]
    fn a_verdict_is_known_until_its_time_is_over() {
        let verdicts = Verdicts::default();
        let verdict = Arc::new(Verdict {
            decision: Decision::Simple(true),
            context: None,
        });
        let key = |identity: &str| ("A".to_owned(), vec![identity.to_owned()]);
        let start = Moment::from_epoch_ms(0);
        let minute = Duration::from_secs(60);
        verdicts.keep(key("over"), &verdict, start, minute);
        let now = start.after(minute);
        verdicts.keep(key("known"), &verdict, now, minute);
        assert!(verdicts.known(&key("over"), now).is_none());
        assert!(verdicts.known(&key("known"), now).is_some());
        assert!(verdicts.known(&key("other"), now).is_none());
        assert_eq!(verdicts.0.lock().unwrap().len(), 1, "nothing piles up");
    }
}

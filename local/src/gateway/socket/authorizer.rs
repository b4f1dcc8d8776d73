//! Whether a client may open a socket.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    api::SocketApi,
    event::{AuthorizerEvent, EventKind, RequestContext},
    opening::Opening,
    refusal::Refusal,
};
use crate::{
    gateway::{functions::CallError, id::new_id, policy::Policy},
    template::SocketAuthorizer,
};

/// What an authorizer returns.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    principal_id: String,
    policy_document: Policy,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

/// The error document of a failed function.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    error_message: String,
}

/// Asks the API's authorizer. What it says becomes `requestContext.authorizer` of every later event of the connection.
pub(super) async fn authorize(
    api: &SocketApi,
    opening: &Opening,
) -> Result<Option<Box<RawValue>>, Refusal> {
    let Some(authorizer) = &api.declared.authorizer else {
        return Ok(None);
    };
    let asked = authorizer.identity_sources.iter();
    if !asked
        .into_iter()
        .all(|source| has_identity(api, opening, source))
    {
        return Err(Refusal::Unauthorized);
    }
    let arn = api.arn("$connect");
    let asked_at = api.platform.clock.now();
    let verdict = call(api, authorizer, opening, &arn).await?;
    let latency = asked_at.until(api.platform.clock.now()).as_millis();
    if !verdict.policy_document.allows(&arn) {
        return Err(Refusal::Forbidden);
    }
    let context = context_of_events(verdict, latency).map_err(Refusal::Authorizer)?;
    Ok(Some(context))
}

async fn call(
    api: &SocketApi,
    authorizer: &SocketAuthorizer,
    opening: &Opening,
    arn: &str,
) -> Result<Verdict, Refusal> {
    let platform = &api.platform;
    let request_id = new_id();
    let now = platform.clock.now();
    let context = RequestContext::new(
        EventKind::Connect,
        "$connect",
        api,
        &opening.peer,
        &request_id,
        now,
    );
    let event = serde_json::to_vec(&AuthorizerEvent::new(arn, opening, api, context))
        .map_err(|error| Refusal::Authorizer(error.to_string()))?;
    let limits = &platform.options.limits;
    let result = platform
        .functions
        .call(
            &authorizer.function,
            event.into(),
            limits.socket_integration,
        )
        .await;
    match result {
        Ok(result) if result.len() > limits.authorizer_result_bytes => {
            Err(Refusal::Authorizer(format!(
                "its result has more than {} bytes",
                limits.authorizer_result_bytes
            )))
        }
        Ok(result) => {
            serde_json::from_slice(&result).map_err(|error| Refusal::Authorizer(error.to_string()))
        }
        Err(CallError::Failed(document)) if says_unauthorized(&document) => {
            Err(Refusal::Unauthorized)
        }
        Err(error) => Err(Refusal::Authorizer(error.to_string())),
    }
}

fn says_unauthorized(document: &Bytes) -> bool {
    serde_json::from_slice::<Failure>(document)
        .is_ok_and(|failure| failure.error_message == "Unauthorized")
}

/// Whether the request carries what an identity source names; an empty value counts as missing.
fn has_identity(api: &SocketApi, opening: &Opening, source: &str) -> bool {
    let value = if let Some(name) = source.strip_prefix("route.request.header.") {
        opening.all_headers.get_ignoring_case(name)
    } else if let Some(name) = source.strip_prefix("route.request.querystring.") {
        opening.query.get(name)
    } else if let Some(name) = source.strip_prefix("stageVariables.") {
        api.declared.stage_variables.get(name).map(String::as_str)
    } else {
        // `context.…` is about the request itself, which always has one.
        source.strip_prefix("context.")
    };
    value.is_some_and(|value| !value.is_empty())
}

/// `{"principalId": …, "integrationLatency": …, …}`, with every value of the authorizer's context as text.
fn context_of_events(verdict: Verdict, latency: u128) -> Result<Box<RawValue>, String> {
    let mut context = Map::new();
    for (name, value) in verdict.context.unwrap_or_default() {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(format!(
                    "its context value {name:?} is neither a string, a number nor a boolean"
                ));
            }
        };
        context.insert(name, text.into());
    }
    context.insert("principalId".to_owned(), verdict.principal_id.into());
    context.insert(
        "integrationLatency".to_owned(),
        u64::try_from(latency).unwrap_or(u64::MAX).into(),
    );
    serde_json::value::to_raw_value(&context).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::socket::sample;

    fn verdict(context: Value) -> Verdict {
        serde_json::from_value(serde_json::json!({
            "principalId": "me",
            "policyDocument": {"Version": "2012-10-17", "Statement": []},
            "context": context,
        }))
        .unwrap()
    }

    #[test]
    fn context_values_become_text() {
        let context = serde_json::json!({"stringKey": "v", "numberKey": 123, "booleanKey": true});
        insta::assert_snapshot!(
            context_of_events(verdict(context), 7).unwrap().get(),
            @r#"{"booleanKey":"true","integrationLatency":7,"numberKey":"123","principalId":"me","stringKey":"v"}"#
        );
    }

    #[test]
    fn nested_context_is_refused_by_name() {
        let error = context_of_events(verdict(serde_json::json!({"roles": ["a"]})), 7).unwrap_err();
        assert_eq!(
            error,
            r#"its context value "roles" is neither a string, a number nor a boolean"#
        );
    }

    #[test]
    fn identity_sources_name_headers_parameters_and_stage_variables() {
        let api = sample::api();
        let opening = sample::opening("/prod?token=x&empty=");
        for present in [
            "route.request.querystring.token",
            "route.request.header.ORIGIN",
            "context.identity.sourceIp",
        ] {
            assert!(has_identity(&api, &opening, present), "{present}");
        }
        for missing in [
            "route.request.querystring.empty",
            "route.request.header.auth",
            "stageVariables.x",
            "nonsense",
        ] {
            assert!(!has_identity(&api, &opening, missing), "{missing}");
        }
    }

    #[test]
    fn only_the_exact_word_is_unauthorized() {
        assert!(says_unauthorized(&Bytes::from_static(
            br#"{"errorType":"x","errorMessage":"Unauthorized"}"#
        )));
        assert!(!says_unauthorized(&Bytes::from_static(
            br#"{"errorMessage":"unauthorized"}"#
        )));
        assert!(!says_unauthorized(&Bytes::from_static(b"Unauthorized")));
    }
}

//! The policy that an authorizer returns.

use serde::Deserialize;

/// The only action that calling an API needs.
const ACTION: &str = "execute-api:Invoke";

/// `policyDocument` of an authorizer's result.
///
/// `NotAction`, `NotResource`, `Principal` and `Condition` are not evaluated here, so a policy with one of them is
/// refused as malformed instead of being read as something it does not say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Policy {
    #[serde(rename = "Version")]
    _version: Option<String>,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

/// IAM lets a single element stand without its array.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::Many(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

impl Policy {
    /// Whether a statement allows the resource and none denies it.
    pub(crate) fn allows(&self, resource: &str) -> bool {
        let effects = || {
            let statements = self.statement.as_slice().iter();
            statements
                .filter(|statement| statement.applies_to(resource))
                .map(|statement| statement.effect)
        };
        effects().any(|effect| effect == Effect::Allow)
            && effects().all(|effect| effect != Effect::Deny)
    }
}

impl Statement {
    fn applies_to(&self, resource: &str) -> bool {
        let action = ACTION.to_ascii_lowercase();
        self.action
            .as_slice()
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && self
                .resource
                .as_slice()
                .iter()
                .any(|pattern| matches(pattern, resource))
    }
}

/// Whether `text` matches a pattern in which `*` is any text, even with slashes, and `?` one character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much of the text it swallows so far.
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern
            .get(p)
            .is_some_and(|&byte| byte == b'?' || byte == text[t])
        {
            p += 1;
            t += 1;
        } else if let Some((at, swallowed)) = star {
            star = Some((at, swallowed + 1));
            p = at + 1;
            t = swallowed + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Policy, matches};

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abcd123456/prod/$connect";

    fn allows(statements: Value) -> bool {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        serde_json::from_value::<Policy>(policy)
            .unwrap()
            .allows(ARN)
    }

    fn statement(effect: &str, resource: &str) -> Value {
        json!({"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource})
    }

    #[test]
    fn a_statement_for_the_very_route_allows_it() {
        assert!(allows(json!([statement("Allow", ARN)])));
        assert!(
            allows(statement("Allow", ARN)),
            "a statement without its array"
        );
    }

    #[test]
    fn a_wildcard_covers_slashes() {
        assert!(allows(json!([statement("Allow", "*")])));
        assert!(allows(json!([statement(
            "Allow",
            "arn:aws:execute-api:*:*:abcd123456/*"
        )])));
        assert!(!allows(json!([statement(
            "Allow",
            "arn:aws:execute-api:*:*:other/*"
        )])));
    }

    #[test]
    fn an_explicit_deny_wins() {
        assert!(!allows(json!([
            statement("Allow", "*"),
            statement("Deny", "*/$connect")
        ])));
    }

    #[test]
    fn what_nothing_allows_is_denied() {
        assert!(!allows(json!([])));
        assert!(!allows(
            json!([{"Action": "s3:*", "Effect": "Allow", "Resource": "*"}])
        ));
    }

    #[test]
    fn actions_ignore_case_and_may_be_lists() {
        assert!(allows(
            json!([{"Action": ["s3:*", "Execute-API:*"], "Effect": "Allow", "Resource": ["x", "*"]}])
        ));
    }

    #[test]
    fn a_statement_that_cannot_be_evaluated_is_an_error() {
        let policy = json!({"Statement": [{"NotAction": "x", "Effect": "Allow", "Resource": "*"}]});
        assert!(serde_json::from_value::<Policy>(policy).is_err());
    }

    #[test]
    fn patterns_backtrack() {
        for (pattern, text, expected) in [
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

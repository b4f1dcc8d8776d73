//! `Parameters`: what a template asks for.

use std::collections::BTreeMap;

use regex::Regex;

use super::{
    document::{Node, Value},
    error::{Fault, Problem},
    site::Site,
};

/// A parameter's value.
#[derive(Debug, Clone)]
pub(super) enum Parameter {
    /// Of `String` and `Number`.
    Text(String),
    /// Of `CommaDelimitedList` and `List<…>`.
    List(Vec<String>),
}

/// The value of every declared parameter: the override, else the default, else a secret of this site.
pub(super) fn values(
    document: &Node,
    overrides: &BTreeMap<String, String>,
    site: &Site,
) -> Result<BTreeMap<String, Parameter>, Fault> {
    let declared = document
        .get("Parameters")
        .map(Node::entries)
        .unwrap_or_default();
    declared
        .iter()
        .map(|(name, declaration)| {
            let text = text(name, declaration, overrides.get(name), site)?;
            obey(name, declaration, &text)?;
            Ok((name.clone(), typed(declaration, text)))
        })
        .collect()
}

fn text(
    name: &str,
    declaration: &Node,
    given: Option<&String>,
    site: &Site,
) -> Result<String, Fault> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    if kind(declaration).starts_with("AWS::SSM::") {
        return Err(Problem::NoValue(name.to_owned()).at(declaration.line));
    }
    if let Some(default) = declaration.get("Default") {
        return Ok(default.text().unwrap_or_default().to_owned());
    }
    if declaration.get("NoEcho").and_then(Node::text) == Some("true") {
        return site.secret(name).map_err(|(path, source)| {
            Problem::Secret {
                name: name.to_owned(),
                path,
                source,
            }
            .at(declaration.line)
        });
    }
    Err(Problem::NoValue(name.to_owned()).at(declaration.line))
}

fn kind(declaration: &Node) -> &str {
    declaration
        .get("Type")
        .and_then(Node::text)
        .unwrap_or("String")
}

fn typed(declaration: &Node, text: String) -> Parameter {
    let kind = kind(declaration);
    if kind == "CommaDelimitedList" || kind.contains("List<") {
        return Parameter::List(text.split(',').map(|item| item.trim().to_owned()).collect());
    }
    Parameter::Text(text)
}

/// Checks what CloudFormation checks, so that a value that works here is accepted there.
fn obey(name: &str, declaration: &Node, text: &str) -> Result<(), Fault> {
    let forbid = |rule: String| {
        Err(Problem::Forbidden {
            name: name.to_owned(),
            rule,
        }
        .at(declaration.line))
    };
    if kind(declaration) == "Number" && text.parse::<f64>().is_err() {
        return forbid("be a number".to_owned());
    }
    if let Some(Value::List(allowed)) = declaration.get("AllowedValues").map(|node| &node.value) {
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        if !allowed.contains(&text) {
            return forbid(format!("be one of {}", allowed.join(", ")));
        }
    }
    if let Some(pattern) = declaration.get("AllowedPattern").and_then(Node::text) {
        match Regex::new(&format!("^(?:{pattern})$")) {
            Ok(regex) if !regex.is_match(text) => return forbid(format!("match {pattern}")),
            Ok(_) => {}
            // Java's expressions have look-around, which this engine refuses to run.
            Err(_) => tracing::warn!(
                "the AllowedPattern of parameter {name} is not checked on one machine"
            ),
        }
    }
    let chars = text.chars().count() as f64;
    within(declaration, ["MinLength", "MaxLength"], chars)
        .or_else(|rule| forbid(format!("have {rule} characters")))?;
    match text.parse() {
        Ok(number) => within(declaration, ["MinValue", "MaxValue"], number)
            .or_else(|rule| forbid(format!("be {rule}"))),
        Err(_) => Ok(()),
    }
}

fn within(declaration: &Node, [least, most]: [&str; 2], number: f64) -> Result<(), String> {
    let bound = |key| {
        declaration
            .get(key)
            .and_then(Node::text)
            .and_then(|text| text.parse::<f64>().ok())
    };
    match (bound(least), bound(most)) {
        (Some(least), _) if number < least => Err(format!("at least {least}")),
        (_, Some(most)) if number > most => Err(format!("at most {most}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Node, Parameter, Site, values};

    fn read(text: &str, overrides: &[(&str, &str)]) -> Result<BTreeMap<String, Parameter>, String> {
        let state = tempfile::tempdir().unwrap();
        let site = Site {
            address: "h:1".to_owned(),
            state: state.path().to_owned(),
            stack_name: "s".to_owned(),
        };
        let overrides = overrides
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        values(&Node::parse(text).unwrap(), &overrides, &site)
            .map_err(|fault| fault.problem.to_string())
    }

    #[test]
    fn an_override_wins_over_the_default() {
        let text = "Parameters: { Stage: { Type: String, Default: prod } }";
        assert!(
            matches!(&read(text, &[]).unwrap()["Stage"], Parameter::Text(text) if text == "prod")
        );
        assert!(
            matches!(&read(text, &[("Stage", "dev")]).unwrap()["Stage"], Parameter::Text(text) if text == "dev")
        );
    }

    #[test]
    fn a_secret_without_a_value_is_generated_and_anything_else_is_an_error() {
        let secret = read("Parameters: { Key: { Type: String, NoEcho: true } }", &[]).unwrap();
        assert!(matches!(&secret["Key"], Parameter::Text(text) if text.len() == 64));
        let error = read("Parameters: { Url: { Type: String } }", &[]).unwrap_err();
        assert_eq!(
            error,
            "parameter Url has no value: give it one, or a Default"
        );
    }

    #[test]
    fn an_empty_list_is_a_list_of_one_empty_text_as_in_cloudformation() {
        let lists = read(
            "Parameters: { Ids: { Type: CommaDelimitedList, Default: '' } }",
            &[("Ids", "a, b")],
        )
        .unwrap();
        assert!(matches!(&lists["Ids"], Parameter::List(items) if items == &["a", "b"]));
        let empty = read(
            "Parameters: { Ids: { Type: CommaDelimitedList, Default: '' } }",
            &[],
        )
        .unwrap();
        assert!(matches!(&empty["Ids"], Parameter::List(items) if items == &[""]));
    }

    #[test]
    fn a_value_that_its_declaration_forbids_is_an_error() {
        for (declaration, rule) in [
            ("{ Type: Number, Default: ten }", "be a number"),
            (
                "{ Type: String, Default: c, AllowedValues: [a, b] }",
                "be one of a, b",
            ),
            (
                "{ Type: String, Default: abc, AllowedPattern: '[0-9]+' }",
                "match [0-9]+",
            ),
            (
                "{ Type: String, Default: abc, MinLength: 4 }",
                "have at least 4 characters",
            ),
            ("{ Type: Number, Default: 7, MaxValue: 5 }", "be at most 5"),
        ] {
            let error = read(&format!("Parameters: {{ P: {declaration} }}"), &[]).unwrap_err();
            assert_eq!(error, format!("parameter P must {rule}"));
        }
    }
}

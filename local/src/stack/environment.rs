//! The environment variables of the functions: what the template declares, with other values.

use std::collections::BTreeMap;

use crate::template::Template;

/// Variables without which no PostgreSQL or Redis is started.
pub(super) const DATABASE_URL: &str = "DATABASE_URL";
/// `on` where functions reach PostgreSQL without a pooler.
pub(super) const PREPARED_STATEMENTS: &str = "PREPARED_STATEMENTS";
pub(super) const REDIS_URL: &str = "REDIS_URL";

/// No function declares this variable, so a value for it would go nowhere.
#[derive(Debug, thiserror::Error)]
#[error("no function of the template declares the environment variable {0}")]
pub(super) struct Undeclared(String);

/// Whether some function declares the variable.
pub(super) fn declares(template: &Template, variable: &str) -> bool {
    template
        .functions
        .values()
        .any(|function| function.environment.contains_key(variable))
}

/// Replaces the values of declared variables.
pub(super) fn override_declared(template: &mut Template, values: &BTreeMap<String, String>) {
    for function in template.functions.values_mut() {
        for (name, value) in &mut function.environment {
            if let Some(other) = values.get(name) {
                other.clone_into(value);
            }
        }
    }
}

/// The same, but a variable that nobody declares is an error.
pub(super) fn override_all(
    template: &mut Template,
    values: &BTreeMap<String, String>,
) -> Result<(), Undeclared> {
    if let Some(name) = values.keys().find(|name| !declares(template, name)) {
        return Err(Undeclared(name.clone()));
    }
    override_declared(template, values);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Function;

    fn template() -> Template {
        let function = Function {
            environment: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
            ..Function::named("Hello")
        };
        Template {
            functions: BTreeMap::from([("Hello".to_owned(), function)]),
            ..Template::default()
        }
    }

    fn variables(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_declared_variable_takes_another_value_and_nothing_else_gets_in() {
        let mut template = template();
        override_declared(&mut template, &variables("GREETING", "servus"));
        override_declared(&mut template, &variables("HOME", "/root"));
        assert_eq!(
            template.functions["Hello"].environment,
            variables("GREETING", "servus")
        );
    }

    #[test]
    fn an_override_that_nobody_declares_is_an_error() {
        let error = override_all(&mut template(), &variables("GREETINGS", "servus")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no function of the template declares the environment variable GREETINGS"
        );
    }
}

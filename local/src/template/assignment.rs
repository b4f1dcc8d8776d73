//! `NAME=VALUE`, as `sam deploy` takes values for a template's parameters.

/// Reads one; a value may have more of the signs. An error says what it has to be.
pub fn name_and_value(argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once('=').ok_or("it has to be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

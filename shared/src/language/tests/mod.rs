//! The files of the languages, judged; and what readers get of them.

mod file;
mod words;

use std::collections::BTreeSet;

use file::File;

use super::{Argument, Language};
use crate::code::Code;

/// What `wait` must be able to say.
const UNITS: [&str; 5] = ["second", "minute", "hour", "day", "later"];

/// Everything that is wrong with a language, so that a translator sees all of it at once.
fn faults(tag: &str, source: &str) -> Vec<String> {
    let file = File::parse(source);
    let mut faults = file.unreadable.clone();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let used: BTreeSet<&str> = codes.iter().flat_map(|code| file.reached(code)).collect();
    for code in &codes {
        if !file.has(code) {
            faults.push(format!("{code} is missing"));
        }
    }
    for key in file.keys() {
        if !used.contains(key) {
            faults.push(format!("{key} is not used"));
        }
    }
    for code in Code::ALL.iter().filter(|code| file.has(code.as_str())) {
        faults.extend(wrong_variables(&file, *code));
    }
    for key in file.keys() {
        faults.extend(wrong_choices(&file, key, &plural_categories(tag)));
    }
    faults
}

/// Variables that a code does not give, and those that it gives in vain.
fn wrong_variables(file: &File, code: Code) -> Vec<String> {
    let given: BTreeSet<&str> = code.arguments().iter().flat_map(variables).collect();
    let key = code.as_str();
    let mentioned: BTreeSet<&str> = file
        .reached(key)
        .into_iter()
        .flat_map(|key| file.variables(key))
        .collect();
    let unknown = mentioned
        .difference(&given)
        .map(|name| format!("{key} has no ${name}"));
    let missing = given
        .difference(&mentioned)
        .map(|name| format!("{key} does not mention ${name}"));
    unknown.chain(missing).collect()
}

/// Choices that do not name each unit or each plural category, and amounts that agree with nothing.
fn wrong_choices(file: &File, key: &str, categories: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for choice in file.choices(key) {
        let expected: BTreeSet<String> = match choice.variable.as_str() {
            "unit" => UNITS.map(str::to_owned).into(),
            _ => categories.clone(),
        };
        if choice.variants != expected {
            let (has, needs) = (&choice.variants, expected);
            faults.push(format!(
                "{key} chooses by ${} among {has:?}, not {needs:?}",
                choice.variable
            ));
        }
    }
    if file.has_bare_count(key) {
        faults.push(format!("{key} shows $count outside a choice of plurals"));
    }
    faults
}

fn variables(argument: &Argument) -> Vec<&'static str> {
    match argument {
        Argument::Field => vec!["field"],
        Argument::Wait => vec!["unit", "count"],
        Argument::Limit(name, _) => vec![name],
    }
}

/// As Unicode's data has them for whole numbers and others.
fn plural_categories(tag: &str) -> BTreeSet<String> {
    let locale: icu_locale_core::Locale = tag.parse().unwrap();
    let rules = icu_plurals::PluralRules::try_new_cardinal((&locale).into()).unwrap();
    rules
        .categories()
        .map(|category| format!("{category:?}").to_lowercase())
        .collect()
}

#[test]
fn every_language_says_everything_and_nothing_else() {
    for language in Language::all() {
        let faults = faults(language.tag(), language.source());
        assert!(
            faults.is_empty(),
            "locales/{}.ftl:\n{}",
            language.tag(),
            faults.join("\n")
        );
    }
}

/// What is wrong with English once a change is made to it.
fn changed(from: &str, to: &str) -> Vec<String> {
    let english = Language::ENGLISH.source();
    assert!(english.contains(from), "{from}");
    faults("en", &english.replacen(from, to, 1))
}

#[test]
fn a_key_too_few_or_too_many_is_found() {
    assert_eq!(
        changed("forbidden =", "forbiden ="),
        ["forbidden is missing", "forbiden is not used"]
    );
    assert_eq!(
        changed("internal =", "spare = A part.\ninternal ="),
        ["spare is not used"]
    );
    assert_eq!(
        changed("forbidden =", "forbidden"),
        [
            "unreadable: forbidden Your role does not allow this.",
            "forbidden is missing"
        ]
    );
}

#[test]
fn a_variable_too_few_or_too_many_is_found() {
    assert_eq!(
        changed("The field { $field }", "A field"),
        ["invalid_field does not mention $field"]
    );
    assert_eq!(
        changed("{ $min }", "{ $least }"),
        [
            "invalid_password has no $least",
            "invalid_password does not mention $min"
        ]
    );
    assert_eq!(
        changed("try again { wait }", "try again"),
        [
            "rate_limited does not mention $count",
            "rate_limited does not mention $unit"
        ]
    );
}

#[test]
fn a_plural_category_too_few_or_too_many_is_found() {
    let found = changed("        [one] in { $count } hour\n", "");
    assert_eq!(
        found,
        [r#"wait chooses by $count among {"other"}, not {"one", "other"}"#]
    );
    let found = changed("[one] in { $count } hour", "[few] in { $count } hour");
    assert_eq!(found.len(), 1, "{found:?}");
    let found = changed("[hour]", "[week]");
    assert_eq!(found.len(), 1, "{found:?}");
    let found = changed("*[later] later", "*[later] after { $count }");
    assert_eq!(found, ["wait shows $count outside a choice of plurals"]);
}

#[test]
fn the_plural_categories_are_unicodes() {
    for (tag, count) in [("en", 2), ("ru", 4), ("ar", 6)] {
        assert_eq!(plural_categories(tag).len(), count, "{tag}");
    }
}

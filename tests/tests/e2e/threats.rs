//! The page on threats names tests; they are there.

use std::{collections::BTreeMap, fs, path::Path};

use regex::Regex;

#[test]
fn every_test_that_the_page_on_threats_names_exists() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = fs::read_to_string(docs.join("THREATS.md")).unwrap();
    let link = Regex::new(r"\[`(\w+)`\]\((\.\./[\w/.-]+\.rs)\)").unwrap();
    let mut named = BTreeMap::new();
    for [name, file] in link.captures_iter(&page).map(|found| found.extract().1) {
        let source = fs::read_to_string(docs.join(file)).unwrap_or_default();
        // Under its attribute, so that a helper of the same name is not taken for a test.
        let test = Regex::new(&format!(r"test\]\s+(async )?fn {name}\(")).unwrap();
        named.insert(name, test.is_match(&source));
    }
    let missing: Vec<_> = named.iter().filter(|(_, exists)| !**exists).collect();
    assert!(missing.is_empty(), "docs/THREATS.md names {missing:?}");
    assert!(named.len() > 20, "the links were found: {named:?}");
}

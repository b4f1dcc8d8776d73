//! The specification for machines says what there is: `docs/openapi.yaml` and `docs/asyncapi.yaml`, held to the template, to the parser of
//! frames and to the table of codes.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use local::template::{Site, Template};
use regex::Regex;
use shared::{code::Code, frame::ClientFrame};

const OPENAPI: &str = include_str!("../../../docs/openapi.yaml");
const ASYNCAPI: &str = include_str!("../../../docs/asyncapi.yaml");

/// The lines of a block that begins with a line of its own, without that line.
fn block<'a>(text: &'a str, head: &str) -> impl Iterator<Item = &'a str> {
    let indent = head.len() - head.trim_start().len();
    let inside =
        move |line: &&str| line.is_empty() || line.len() - line.trim_start().len() > indent;
    let begin = text
        .find(&format!("\n{head}\n"))
        .unwrap_or_else(|| panic!("no {head:?}"));
    text[begin..].lines().skip(2).take_while(inside)
}

#[test]
fn the_paths_are_those_of_the_template() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let site = Site {
        address: String::new(),
        state: root.join(".local"),
        stack_name: String::new(),
    };
    let template = Template::load(&root.join("template.yaml"), &BTreeMap::new(), &site).unwrap();
    let declared: BTreeSet<String> = template
        .http_apis
        .iter()
        .flat_map(|api| &api.routes)
        .map(|route| route.key.clone())
        .collect();

    let (path, method) = (
        Regex::new(r"^  (/\S+):$").unwrap(),
        Regex::new(r"^    (get|put|post|patch|delete):$").unwrap(),
    );
    let mut here = "";
    let mut written = BTreeSet::new();
    for line in block(OPENAPI, "paths:") {
        if let Some(found) = path.captures(line) {
            here = found.extract::<1>().1[0];
        } else if let Some(found) = method.captures(line) {
            written.insert(format!("{} {here}", found[1].to_uppercase()));
        }
    }
    assert_eq!(written, declared, "docs/openapi.yaml and template.yaml");
}

#[test]
fn the_codes_are_those_of_the_table() {
    let schemas = block(OPENAPI, "  schemas:").collect::<Vec<_>>().join("\n");
    let written: Vec<&str> = block(&schemas, "    Code:")
        .filter_map(|line| line.trim().strip_prefix("- "))
        .collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(written, codes, "docs/openapi.yaml and shared/src/code.rs");
}

#[test]
fn the_frames_of_clients_are_those_that_the_parser_knows() {
    let name = Regex::new(r"messages/(\w+)'").unwrap();
    let sends = block(ASYNCAPI, "  clientSends:");
    let written: Vec<&str> = sends
        .filter_map(|line| Some(name.captures(line)?.extract::<1>().1[0]))
        .collect();
    assert_eq!(
        written,
        ClientFrame::TYPES,
        "docs/asyncapi.yaml and shared/src/frame/client.rs"
    );
    for kind in ClientFrame::TYPES {
        assert!(
            ASYNCAPI.contains(&format!("type: {{ const: {kind} }}")),
            "{kind} has its shape"
        );
    }
}

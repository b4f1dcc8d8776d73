//! Limits that nobody meets.

use std::collections::BTreeMap;

use local::template::Template;

/// More than a run of a day: one address does everything.
const GENEROUS: &str = "1000000";

/// Every variable of the functions that limits somebody, lifted.
pub(super) fn lifted(template: &Template) -> BTreeMap<String, String> {
    let limits = template.limits().into_iter();
    limits.map(|name| (name, GENEROUS.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;
    use crate::drive::{Options, template};

    #[test]
    fn every_number_of_our_template_is_a_limit_and_is_lifted() {
        let state = tempfile::tempdir().unwrap();
        let template = template::load(&Options {
            state_dir: state.path().to_owned(),
            ..Options::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        })
        .unwrap();
        let variables = template
            .functions
            .values()
            .flat_map(|function| &function.environment);
        let numbers: BTreeSet<_> = variables
            .filter(|(_, value)| value.parse::<u64>().is_ok())
            .map(|(name, _)| name.clone())
            .collect();
        let lifted = lifted(&template);
        assert!(numbers.contains("MEMBERS_PER_SESSION") && numbers.contains("RATE_LIMIT_TICKETS"));
        assert_eq!(lifted.into_keys().collect::<BTreeSet<_>>(), numbers);
    }
}

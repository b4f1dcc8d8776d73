//! Limits among the variables of functions.

use std::collections::BTreeSet;

use super::Template;

impl Template {
    /// The variables of the functions that limit somebody, by how their names start or what is in them: what a load or a test of faults
    /// lifts. A limit that comes along is among them.
    pub fn limits(&self) -> BTreeSet<String> {
        let functions = self.functions.values();
        functions
            .flat_map(|function| function.environment.keys())
            .filter(|name| is_limit(name))
            .cloned()
            .collect()
    }
}

/// Not whatever holds a number: with so many threads, or connections in a pool, nothing would start.
fn is_limit(variable: &str) -> bool {
    variable.starts_with("RATE_LIMIT_")
        || variable.starts_with("QUOTA_")
        || variable.contains("_PER_")
}

#[cfg(test)]
mod tests {
    use super::is_limit;

    #[test]
    fn threads_are_no_limit() {
        assert!(is_limit("SESSIONS_PER_USER") && is_limit("RATE_LIMIT_MESSAGES"));
        assert!(!is_limit("TOKIO_WORKER_THREADS"));
    }
}

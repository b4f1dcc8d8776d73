//! Scripts that Redis runs.

use std::sync::OnceLock;

use redis::Pipeline;

/// A script in Lua. Its text goes to Redis with every call, without what only its reader needs.
pub(crate) struct Script {
    source: &'static str,
    bare: OnceLock<String>,
}

impl Script {
    /// The script of a file, whose comments have lines of their own.
    pub(crate) const fn new(source: &'static str) -> Self {
        Self {
            source,
            bare: OnceLock::new(),
        }
    }

    /// Adds a call to a pipeline; its arguments follow. The whole text goes, not its digest: a Redis that lost its scripts would refuse
    /// the digest in the middle of the pipeline.
    pub(crate) fn call(&self, pipeline: &mut Pipeline, keys: &[&str]) {
        pipeline
            .cmd("EVAL")
            .arg(self.bare())
            .arg(keys.len())
            .arg(keys);
    }

    fn bare(&self) -> &str {
        self.bare.get_or_init(|| {
            let lines = self.source.lines().map(str::trim);
            let code: Vec<&str> = lines
                .filter(|line| !line.is_empty() && !line.starts_with("--"))
                .collect();
            code.join("\n")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_redis_is_the_code_alone() {
        let source =
            "-- What it does.\n-- KEYS[1] a key\n\nif true then\n  -- Why.\n  return '--'\nend\n";
        let script = Script::new(source);
        assert_eq!(script.bare(), "if true then\nreturn '--'\nend");
    }
}

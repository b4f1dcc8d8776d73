//! What can be wrong with a template.

use std::{io, path::PathBuf};

/// Why a template cannot be run here. Every message starts with the file, and with the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The template.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line says something that cannot be understood, or that one machine cannot do.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The template.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: Problem,
    },
    /// An override names a parameter that is not declared.
    #[error("{}: there is no parameter {name}", path.display())]
    UnknownParameter {
        /// The template.
        path: PathBuf,
        /// As it was given.
        name: String,
    },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Not YAML.
    #[error("{0}")]
    Syntax(String),
    /// A value of another shape is needed.
    #[error("{what} must be {expected}")]
    Shape {
        /// The property, or the place.
        what: String,
        /// Such as `a number`.
        expected: &'static str,
    },
    /// A property that must be there is not.
    #[error("{of} needs {property}")]
    Missing {
        /// The resource or the event.
        of: String,
        /// The property's name.
        property: &'static str,
    },
    /// It would change what the application does, and this stack cannot do it.
    #[error("{0} is not supported on one machine")]
    Unsupported(String),
    /// A name that nothing in the template has.
    #[error("there is no {0}")]
    Unknown(String),
    /// A parameter without default and without override.
    #[error("parameter {0} has no value: give it one, or a Default")]
    NoValue(String),
    /// A parameter's value that its declaration forbids.
    #[error("parameter {name} must {rule}")]
    Forbidden {
        /// The parameter.
        name: String,
        /// What the declaration says.
        rule: String,
    },
    /// An attribute that exists only in an account.
    #[error("{0} has no value on one machine: pass the value as a parameter")]
    OnlyInAnAccount(String),
    /// References that lead back to themselves.
    #[error("{0} refers to itself")]
    Circular(String),
    /// A generated secret cannot be kept.
    #[error("the secret of {name} cannot be kept under {}: {source}", path.display())]
    Secret {
        /// The parameter.
        name: String,
        /// Where it would be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A schedule that EventBridge would refuse.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::ExpressionError),
}

/// A problem and its line; the file joins them at the end, where it is known.
#[derive(Debug)]
pub(super) struct Fault {
    /// From 1.
    pub(super) line: usize,
    /// What is wrong.
    pub(super) problem: Problem,
}

impl Problem {
    /// The problem at a line.
    pub(super) fn at(self, line: usize) -> Fault {
        Fault {
            line,
            problem: self,
        }
    }
}

//! What a message says besides its words.

use std::time::Duration;

use fluent_bundle::FluentArgs;

use super::wait::Wait;
use crate::code::Coded;

/// Something that the message of a code may mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// `$field`: the field at fault, by its name in the protocol.
    Field,
    /// `$unit` and `$count`: how long to wait.
    Wait,
    /// A limit that is the same for everybody, under this name.
    Limit(&'static str, usize),
}

/// What one error has to say of the arguments of its message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Details<'a> {
    /// The field at fault.
    pub field: Option<&'a str>,
    /// How long to wait before another try.
    pub wait: Option<Duration>,
}

impl Details<'static> {
    /// What an error says.
    pub fn of(error: &dyn Coded) -> Self {
        Self {
            field: error.field(),
            wait: error.retry_after(),
        }
    }
}

impl Argument {
    /// The variables that it gives to a message.
    pub(super) fn set<'a>(self, arguments: &mut FluentArgs<'a>, details: &Details<'a>) {
        match self {
            Self::Field => arguments.set("field", details.field.unwrap_or("?")),
            Self::Wait => {
                let wait = Wait::of(details.wait);
                arguments.set("unit", wait.unit);
                arguments.set("count", wait.count);
            }
            Self::Limit(name, value) => arguments.set(name, value),
        }
    }
}

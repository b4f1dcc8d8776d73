//! Colours, where there are any.

use std::{env, io::IsTerminal};

/// How a terminal shows text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colours: bool,
}

/// Red is kept for errors, yellow for warnings.
const OF_FUNCTIONS: [&str; 5] = ["36", "32", "35", "34", "96"];

impl Style {
    /// With colours when `output` is a terminal and `NO_COLOR` is unset or empty, as <https://no-color.org> asks.
    pub fn of(output: &impl IsTerminal) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colours: output.is_terminal() && !unwanted,
        }
    }

    /// Without colours.
    pub const fn plain() -> Self {
        Self { colours: false }
    }

    /// What matters.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What matters less.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What went wrong.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// What may go wrong.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// The same colour for the same number; numbers near each other differ.
    pub fn nth(self, number: usize, text: &str) -> String {
        self.paint(OF_FUNCTIONS[number % OF_FUNCTIONS.len()], text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
impl Style {
    pub(super) const COLOURED: Self = Self { colours: true };
}

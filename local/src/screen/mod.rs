//! What the person at the terminal reads: where everything is, and what the functions write.

mod log_line;
mod overview;
mod style;

pub use log_line::LogFormat;
pub use overview::{Addresses, overview};
pub use style::Style;

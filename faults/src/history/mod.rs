//! Everything that was asked, answered, shown and broken.

mod event;
mod name;
mod recorder;

pub use event::{Answer, Event, Push, Request, Row, Seen, Source, Via, What};
pub use name::{Device, Session, User};
pub use recorder::Recorder;

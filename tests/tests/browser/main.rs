//! The page in a real browser, against a real stack: what a person does, and what they see.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it tells"
)]

mod accessible;
mod alter;
mod begin;
mod broken;
mod example;
mod history;
mod reading;
mod scene;
mod sessions;
mod states;
mod talk;
mod words;

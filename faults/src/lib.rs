//! The fault report: many users, devices and sessions, on a whole stack that is broken all the while, and a check of everything
//! that they asked, were told and were shown.
//!
//! | module | is |
//! |---|---|
//! | [`plan`] | what will be done and what will go wrong, made from a seed alone |
//! | [`drive`] | a stack, its users and its faults, from the first request to the last look into the database |
//! | [`client`] | a device that follows the protocol: cursors, holes, resumption, repeated sends |
//! | [`history`] | everything that was asked, answered, shown and broken, in the order in which it happened |
//! | [`check`] | what a history has to be like: pure, and apart from all of the above |
//! | [`report`] | what a person reads |

pub mod check;
pub mod client;
pub mod drive;
pub mod history;
pub mod plan;
pub mod report;

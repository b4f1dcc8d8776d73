//! Histories made by hand: for each rule one that keeps it, and those that break it.

mod calm;
mod converged;
mod edits;
mod fresh;
mod holes;
mod kept;
mod order;
mod reads;
mod settled;
mod story;
mod strangers;

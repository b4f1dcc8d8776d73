//! The scripts; each file's head names its keys and arguments.

pub(super) const ANNOUNCE: &str = include_str!("announce.lua");
pub(super) const APPEND: &str = include_str!("append.lua");
pub(super) const BEHIND: &str = include_str!("behind.lua");
pub(super) const FILL: &str = include_str!("fill.lua");
pub(super) const GIVE_BACK: &str = include_str!("give_back.lua");
pub(super) const READ: &str = include_str!("read.lua");
pub(super) const SETTLE: &str = include_str!("settle.lua");

//! The scripts; each file's head names its keys and arguments.

use crate::cache::Script;

pub(super) static ANNOUNCE: Script = Script::new(include_str!("announce.lua"));
pub(super) static APPEND: Script = Script::new(include_str!("append.lua"));
pub(super) static BEHIND: Script = Script::new(include_str!("behind.lua"));
pub(super) static FILL: Script = Script::new(include_str!("fill.lua"));
pub(super) static GIVE_BACK: Script = Script::new(include_str!("give_back.lua"));
pub(super) static READ: Script = Script::new(include_str!("read.lua"));
pub(super) static SETTLE: Script = Script::new(include_str!("settle.lua"));

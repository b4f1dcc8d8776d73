//! Conversations: their signed ids, their members, and the cache of what was said last.

mod adoption;
mod alter;
mod cursor;
mod error;
mod id;
mod invite;
mod list;
mod member;
mod membership;
mod read_mark;
pub mod recent;
mod record;
mod role;

pub(crate) use adoption::tell_of_adoption;
pub use alter::{Revision, revise};
pub use cursor::{Cursor, Epoch};
pub use error::SessionError;
pub use id::{InvalidSessionId, SessionId};
pub use invite::{
    Invite, InviteError, NewInvite, accept_invite, list_invites, make_invite, revoke_invite,
};
pub use list::{ListPlace, MAX_LISTED, SessionPage, list};
pub use member::{Member, add_member, list_members, remove_member};
pub use membership::{Membership, Visitor};
pub use read_mark::{ReadMark, mark_read};
pub use record::{MAX_SETTINGS_BYTES, Session, Settings, Title, create, delete, find};
pub(crate) use record::{interval, not_ended};
pub use role::Role;

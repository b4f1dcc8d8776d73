//! One module for each route.

mod guest;
mod log_in;
mod log_out;
mod refresh;
mod service;
mod sign_up;
mod ticket;

pub(crate) use guest::guest;
pub(crate) use log_in::log_in;
pub(crate) use log_out::log_out;
pub(crate) use refresh::refresh;
pub(crate) use service::service;
pub(crate) use sign_up::sign_up;
pub(crate) use ticket::ticket;

use shared::{
    field::{Fields, InvalidField},
    user::Locale,
};

/// The `locale` of a body; English unless given.
fn locale(fields: &Fields) -> Result<Locale, InvalidField> {
    match fields.optional_text("locale")? {
        None => Ok(Locale::default()),
        Some(tag) => Locale::parse(&tag).ok_or(InvalidField("locale")),
    }
}

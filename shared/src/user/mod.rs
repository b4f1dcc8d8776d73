//! Who is there: guests, and users with credentials.

mod account;
mod adoption;
mod email;
mod guest;
mod locale;
mod password;
mod profile;

pub use account::{LogInError, SignUpError, log_in, sign_up};
pub use adoption::adopt_guest;
pub use email::{Email, InvalidEmail};
pub use guest::create_guest;
pub use locale::Locale;
pub use password::{InvalidPassword, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, Password};
pub use profile::Profile;

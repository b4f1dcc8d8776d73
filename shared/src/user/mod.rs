//! Who is there: guests, users with credentials, and services.

mod account;
mod adoption;
mod email;
mod guest;
mod locale;
mod password;
mod profile;
mod service;

pub use account::{LogInError, SignUpError, log_in, sign_up};
pub use adoption::adopt_guest;
pub use email::{Email, InvalidEmail};
pub use guest::create_guest;
pub use locale::Locale;
pub use password::{InvalidPassword, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, Password};
pub use profile::Profile;
pub use service::{
    Service, ServiceError, ServiceKey, create_service, list_services, revoke_service,
    rotate_service,
};

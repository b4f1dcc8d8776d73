//! The mark that an ended sign-in leaves in Redis.

use redis::Pipeline;
use uuid::Uuid;

/// Nothing that belongs to a sign-in lives longer: an access token 15 minutes, a socket two hours.
const MARK_SECONDS: u64 = 3 * 3_600;

fn key(sign_in: Uuid) -> String {
    format!("{{sign_in:{sign_in}}}:ended")
}

/// Adds the command that marks a sign-in as ended. It answers nothing.
pub(super) fn leave(pipeline: &mut Pipeline, sign_in: Uuid) {
    pipeline.set_ex(key(sign_in), 1, MARK_SECONDS).ignore();
}

/// Adds the question whether a sign-in has ended. Its answer is a `bool`.
pub fn ask(pipeline: &mut Pipeline, sign_in: Uuid) {
    pipeline.exists(key(sign_in));
}

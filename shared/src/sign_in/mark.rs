//! The mark that an ended sign-in leaves in Redis.

use redis::Pipeline;
use uuid::Uuid;

/// Nothing that belongs to a sign-in lives longer: an access token 15 minutes, a socket two hours.
const MARK_SECONDS: u64 = 3 * 3_600;

/// In the hash slot of the user's sockets: on a cluster, too, one node then sees "mark, then look for sockets" and "register, then look
/// for the mark" in their order.
fn key(user: Uuid, sign_in: Uuid) -> String {
    let (mut of_user, mut of_sign_in) = (Uuid::encode_buffer(), Uuid::encode_buffer());
    let user = user.hyphenated().encode_lower(&mut of_user);
    let sign_in = sign_in.hyphenated().encode_lower(&mut of_sign_in);
    // Every frame has one: joined, not formatted.
    ["{u:", user, "}:ended:", sign_in].concat()
}

/// Adds the command that marks a user's sign-in as ended. It answers nothing.
pub(super) fn leave(pipeline: &mut Pipeline, user: Uuid, sign_in: Uuid) {
    pipeline
        .set_ex(key(user, sign_in), 1, MARK_SECONDS)
        .ignore();
}

/// Adds the question whether a user's sign-in has ended. Its answer is a `bool`.
pub fn ask(pipeline: &mut Pipeline, user: Uuid, sign_in: Uuid) {
    pipeline.exists(key(user, sign_in));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use redis::{Arg, cluster_routing::Slot};

    use super::*;
    use crate::connection;

    #[test]
    fn the_mark_is_in_the_slot_of_the_users_sockets() {
        let (user, sign_in) = (Uuid::now_v7(), Uuid::now_v7());
        let mut pipeline = redis::pipe();
        leave(&mut pipeline, user, sign_in);
        ask(&mut pipeline, user, sign_in);
        connection::of_users(&mut pipeline, &[user]);
        let slots: Vec<Slot> = pipeline
            .cmd_iter()
            .filter_map(|command| match command.args_iter().nth(1) {
                Some(Arg::Simple(key)) => Some(Slot::for_key(key)),
                _ => None,
            })
            .collect();
        assert_eq!(slots.len(), 3);
        assert_eq!(slots.into_iter().collect::<HashSet<_>>().len(), 1);
    }
}

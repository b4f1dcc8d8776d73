//! What members hear of a guest who has logged in to an account.

use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Member, SessionId};
use crate::{
    App,
    code::{Failure, log_failure},
    frame::ServerFrame,
};

/// Of so many sessions at most, the newest: whoever logs in waits for it.
const MAX_TOLD: usize = 100;

/// Tells the members of some sessions that a guest has gone and that an account is there in their place, and the account's own sockets
/// of what is theirs now. A hint: who does not get it finds out by the list of sessions or of members.
pub(crate) async fn tell_of_adoption(
    app: &App,
    mut sessions: Vec<Uuid>,
    guest: Uuid,
    account: Uuid,
) {
    // Ids grow with time.
    sessions.sort_unstable_by(|left, right| right.cmp(left));
    sessions.truncate(MAX_TOLD);
    if let Err(error) = tell(app, &sessions, guest, account).await {
        log_failure(&*error, "telling of a guest who has logged in");
    }
}

/// The first that cannot be told ends it: where Redis is away each of them would wait for it.
async fn tell(app: &App, sessions: &[Uuid], guest: Uuid, account: Uuid) -> Result<(), Failure> {
    const SQL: &str = "SELECT session_id, user_id, role, read_seq, joined_at FROM members \
                       WHERE session_id = ANY($1) ORDER BY session_id DESC";
    let rows = app
        .database
        .query(SQL, &[(&sessions, Type::UUID_ARRAY)])
        .await?;
    let of_session = |row: &tokio_postgres::Row| row.get::<_, Uuid>("session_id");
    for rows in rows.chunk_by(|left, right| of_session(left) == of_session(right)) {
        let session = SessionId::sign(&app.session_keys, of_session(&rows[0]));
        let members: Vec<Member> = rows.iter().map(Member::from_row).collect();
        let (own, others): (Vec<_>, Vec<_>) =
            members.iter().partition(|member| member.user_id == account);
        let Some(member) = own.first() else {
            continue;
        };
        let session_id = session.as_str();
        let mut audience: Vec<Uuid> = others.iter().map(|member| member.user_id).collect();
        let left = ServerFrame::MemberLeft {
            session_id,
            user_id: guest,
        };
        app.push.to_users(&audience, None, &left).await?;
        audience.push(account);
        let joined = ServerFrame::MemberJoined { session_id, member };
        app.push.to_users(&audience, None, &joined).await?;
    }
    Ok(())
}

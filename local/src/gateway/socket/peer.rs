//! Who is at the other end of a connection.

use crate::gateway::clock::Moment;

/// Who is at the other end of a connection, and since when: the part of every event that never changes.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) connection_id: String,
    pub(crate) connected_at: Moment,
    pub(crate) source_ip: String,
    pub(crate) user_agent: Option<String>,
}

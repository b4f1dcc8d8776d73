-- A session at one moment, for a member: its newest change, its members, and its newest changes in order (one row with nulls if there
-- are none). No row for a stranger, who must not be able to tell a session of others from none by what it costs.
-- $1 session id  $2 user id  $3 how many changes
WITH session AS MATERIALIZED (
    SELECT s.id, s.change AS head, s.expires_at, (SELECT e.name FROM epochs e) AS epoch,
           ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = s.id ORDER BY m.user_id) AS users,
           ARRAY(SELECT m.role FROM members m WHERE m.session_id = s.id ORDER BY m.user_id) AS roles
    FROM sessions s
    WHERE s.id = $1 AND EXISTS (SELECT FROM members m WHERE m.session_id = s.id AND m.user_id = $2)
)
SELECT session.head, session.expires_at, session.epoch, session.users, session.roles, newest.*
FROM session
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m
    WHERE m.session_id = session.id AND m.change > session.head - $3
) newest ON true
ORDER BY newest.change

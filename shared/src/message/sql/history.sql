-- The newest messages before a place in a session, newest first. One row with nulls in place of a message if there are none; no row
-- for strangers.
-- $1 session id  $2 user id  $3 a seq, or null for the end  $4 how many at most
SELECT s.expires_at, older.*
FROM sessions s
JOIN members member ON member.session_id = s.id AND member.user_id = $2
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m
    WHERE m.session_id = s.id AND m.seq < coalesce($3, 9223372036854775807)
    ORDER BY m.seq DESC
    LIMIT $4
) older ON true
WHERE s.id = $1
ORDER BY older.seq DESC

-- A session at one moment: its newest change, its members, and its newest changes in order (one row with nulls if there are none).
-- $1 session id  $2 how many changes
SELECT s.change AS head, s.expires_at,
       ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = s.id ORDER BY m.user_id) AS users,
       ARRAY(SELECT m.role FROM members m WHERE m.session_id = s.id ORDER BY m.user_id) AS roles,
       newest.*
FROM sessions s
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m
    WHERE m.session_id = s.id AND m.change > s.change - $2
    ORDER BY m.change
) newest ON true
WHERE s.id = $1
ORDER BY newest.change

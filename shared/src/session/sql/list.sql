-- The sessions of a user that have not ended, the liveliest first, from a place on. What is said in them is looked at for those that are
-- listed only.
-- $1 user id  $2 how many at most  $3 time of the latest alteration of the session before, or null for the start  $4 id of that session
WITH listed AS MATERIALIZED (
    SELECT s.id AS session_id, s.title, s.settings, s.version, s.change AS head, s.created_at AS opened_at, s.expires_at, s.changed_at,
           member.role AS own_role, member.read_seq
    FROM members member JOIN sessions s ON s.id = member.session_id
    WHERE member.user_id = $1 AND s.expires_at > now()
        AND ($3 IS NULL OR (s.changed_at, s.id) < ($3, $4))
    ORDER BY s.changed_at DESC, s.id DESC
    LIMIT $2
)
SELECT listed.*, (SELECT e.name FROM epochs e) AS epoch, session_unread(listed.session_id, $1, listed.read_seq) AS unread, last.*
FROM listed
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m WHERE m.session_id = listed.session_id ORDER BY m.seq DESC LIMIT 1
) last ON true
ORDER BY listed.changed_at DESC, listed.session_id DESC

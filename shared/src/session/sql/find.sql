-- One session as one of its members sees it; no row for anybody else.
-- $1 session id  $2 user id
SELECT s.id AS session_id, s.title, s.settings, s.version, s.change AS head, s.created_at AS opened_at, s.expires_at,
       member.role AS own_role, member.read_seq, (SELECT e.name FROM epochs e) AS epoch,
       session_unread(s.id, $2, member.read_seq) AS unread, last.*
FROM sessions s
JOIN members member ON member.session_id = s.id AND member.user_id = $2
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m WHERE m.session_id = s.id ORDER BY m.seq DESC LIMIT 1
) last ON true
WHERE s.id = $1

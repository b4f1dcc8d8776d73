-- One session as one of its members sees it; no row for anybody else.
-- $1 session id  $2 user id
SELECT s.id, s.title, s.change, s.created_at, s.expires_at, m.role
FROM sessions s JOIN members m ON m.session_id = s.id
WHERE s.id = $1 AND m.user_id = $2

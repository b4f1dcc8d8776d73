-- A user's role in a session; no row for strangers.
-- $1 session id  $2 user id
SELECT m.role, s.expires_at
FROM sessions s JOIN members m ON m.session_id = s.id
WHERE s.id = $1 AND m.user_id = $2

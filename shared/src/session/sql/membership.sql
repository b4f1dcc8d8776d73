-- A user's role in a session and when that ends; no row for strangers.
-- $1 session id  $2 user id
SELECT s.expires_at, member.role
FROM sessions s JOIN members member ON member.session_id = s.id
WHERE s.id = $1 AND member.user_id = $2

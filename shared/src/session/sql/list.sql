-- The sessions of a user that have not ended, the liveliest first.
-- $1 user id  $2 how many at most
SELECT s.id, s.title, s.change, s.created_at, s.expires_at, m.role
FROM members m JOIN sessions s ON s.id = m.session_id
WHERE m.user_id = $1 AND s.expires_at > now()
ORDER BY s.changed_at DESC
LIMIT $2

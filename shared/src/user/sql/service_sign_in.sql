-- Whose key it is, and notes that it was used.
-- $1 SHA-256 of the key
UPDATE services s SET seen_at = now() FROM users u
WHERE s.digest = $1 AND u.id = s.user_id
RETURNING s.id, s.user_id, u.locale

-- Gives a service another key and with it another sign-in; ended is the one before.
-- $1 name  $2 id of the new sign-in  $3 SHA-256 of the new key
WITH old AS (
    SELECT id FROM services WHERE name = $1 FOR UPDATE
)
UPDATE services s SET id = $2, digest = $3, created_at = now(), seen_at = NULL FROM old
WHERE s.id = old.id
RETURNING s.id, s.user_id, s.name, s.created_at, s.seen_at, old.id AS ended

-- Removes invites past their lifetime.
-- $1 how many at most
WITH gone AS (
    DELETE FROM invites WHERE id = ANY (ARRAY(
        SELECT id FROM invites WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) AS worked, count(*) AS expired_invites FROM gone

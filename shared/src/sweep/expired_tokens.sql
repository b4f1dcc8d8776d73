-- Removes refresh tokens past their lifetime: from then on nothing tells whether they were used.
-- $1 how many at most
WITH gone AS (
    DELETE FROM refresh_tokens WHERE digest = ANY (ARRAY(
        SELECT digest FROM refresh_tokens WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING digest
)
SELECT count(*) AS worked, count(*) AS expired_tokens FROM gone

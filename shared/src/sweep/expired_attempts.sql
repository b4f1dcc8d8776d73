-- Removes counts of attempts to sign in that no later attempt has cleared away.
-- $1 how many at most
WITH gone AS (
    DELETE FROM attempts WHERE key = ANY (ARRAY(
        SELECT key FROM attempts WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING key
)
SELECT count(*) AS worked, count(*) AS expired_attempts FROM gone

-- Removes sessions past their end, with their members. What was said in them is left as orphans for the next statement.
-- $1 how many at most
WITH doomed AS (
    SELECT id FROM sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM sessions s USING doomed WHERE s.id = doomed.id RETURNING s.id
)
SELECT count(*) AS removed FROM gone

-- Removes sessions past their end, with their members and invites. What was said in them is left to the step for sessions that are gone.
-- A session that somebody writes to just now is passed over: it may be about to live on.
-- $1 how many at most
WITH gone AS (
    DELETE FROM sessions WHERE id = ANY (ARRAY(
        SELECT id FROM sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) AS worked, count(*) AS expired_sessions FROM gone

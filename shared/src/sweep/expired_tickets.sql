-- Removes tickets past their lifetime that no later ticket has cleared away.
-- $1 how many at most
WITH gone AS (
    DELETE FROM tickets WHERE id = ANY (ARRAY(
        SELECT id FROM tickets WHERE expires_at <= now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) AS worked, count(*) AS expired_tickets FROM gone

-- Removes refresh tokens past their lifetime: from then on nothing tells whether they were used.
-- $1 how many at most
WITH doomed AS (
    SELECT digest FROM refresh_tokens WHERE expires_at <= now() ORDER BY expires_at LIMIT $1
), gone AS (
    DELETE FROM refresh_tokens t USING doomed d WHERE t.digest = d.digest RETURNING t.digest
)
SELECT count(*) AS removed FROM gone

-- Removes idempotency keys of sessions that are gone. Steps over the primary key from session to session, so that it reads one entry for
-- each session that lives and not its keys.
-- $1 how many at most
WITH RECURSIVE session AS (
    (SELECT session_id FROM retired_messages ORDER BY session_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.session_id FROM retired_messages m WHERE m.session_id > session.session_id ORDER BY m.session_id LIMIT 1)
    FROM session WHERE session.session_id IS NOT NULL
), doomed AS (
    SELECT m.session_id, m.user_id, m.idempotency_key
    FROM session JOIN retired_messages m ON m.session_id = session.session_id
    WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = session.session_id)
    LIMIT $1
), gone AS (
    DELETE FROM retired_messages m USING doomed d
    WHERE m.session_id = d.session_id AND m.user_id = d.user_id AND m.idempotency_key = d.idempotency_key
    RETURNING m.seq
)
SELECT count(*) AS removed FROM gone

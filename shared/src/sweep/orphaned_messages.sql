-- Removes messages of sessions that are gone. Steps over the primary key from session to session, so that it reads one entry for
-- each session that lives and not its messages.
-- $1 how many at most
WITH RECURSIVE session AS (
    (SELECT session_id FROM messages ORDER BY session_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.session_id FROM messages m WHERE m.session_id > session.session_id ORDER BY m.session_id LIMIT 1)
    FROM session WHERE session.session_id IS NOT NULL
), doomed AS (
    SELECT m.session_id, m.seq
    FROM session JOIN messages m ON m.session_id = session.session_id
    WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = session.session_id)
    LIMIT $1
), gone AS (
    DELETE FROM messages m USING doomed d WHERE m.session_id = d.session_id AND m.seq = d.seq RETURNING m.seq
)
SELECT count(*) AS removed FROM gone

-- Counts messages past retention of sessions that live.
-- $1 after this session  $2 how many sessions at most  $3 retention, an interval as text
-- Answers no last when no session is left.
WITH due AS (
    SELECT s.id FROM sessions s
    WHERE s.id > $1 AND s.expires_at > now() AND s.retained_from < now() - $3::text::interval ORDER BY s.id LIMIT $2
)
SELECT (SELECT id FROM due ORDER BY id DESC LIMIT 1) AS last,
       (SELECT count(*) FROM due JOIN messages m ON m.session_id = due.id
        WHERE m.created_at < now() - $3::text::interval) AS retired_messages

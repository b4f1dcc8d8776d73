-- Counts sessions past their end, and what they would leave behind.
-- $1 after this session  $2 how many sessions at most
-- Answers no last when no session is left.
WITH due AS (
    SELECT s.id FROM sessions s WHERE s.id > $1 AND s.expires_at <= now() ORDER BY s.id LIMIT $2
)
SELECT (SELECT id FROM due ORDER BY id DESC LIMIT 1) AS last,
       (SELECT count(*) FROM due) AS expired_sessions,
       (SELECT count(*) FROM due JOIN messages m ON m.session_id = due.id) AS orphaned_messages,
       (SELECT count(*) FROM due JOIN retired_messages r ON r.session_id = due.id) AS orphaned_keys

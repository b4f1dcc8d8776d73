-- Counts messages and idempotency keys of sessions that are gone.
-- $1 after this session  $2 how many sessions at most
-- Answers no last when no session is left.
WITH due AS (
    SELECT g.id FROM gone_sessions g WHERE g.id > $1 ORDER BY g.id LIMIT $2
)
SELECT (SELECT id FROM due ORDER BY id DESC LIMIT 1) AS last,
       (SELECT count(*) FROM due JOIN messages m ON m.session_id = due.id) AS orphaned_messages,
       (SELECT count(*) FROM due JOIN retired_messages r ON r.session_id = due.id) AS orphaned_keys

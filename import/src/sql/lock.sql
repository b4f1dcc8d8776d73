-- Locks a session and tells how far it is, and which entries it has; or that it is gone. No row if nobody knows it.
-- $1 session
WITH locked AS (
    SELECT s.change, s.changed_at, false AS is_gone FROM sessions s WHERE s.id = $1 FOR NO KEY UPDATE
), known AS (
    SELECT * FROM locked
    UNION ALL
    SELECT 0, g.gone_at, true FROM gone_sessions g WHERE g.id = $1
), keys AS (
    SELECT m.idempotency_key FROM messages m WHERE m.session_id = $1
    UNION
    SELECT r.idempotency_key FROM retired_messages r WHERE r.session_id = $1
)
SELECT change, changed_at, is_gone,
       EXISTS (SELECT FROM keys WHERE idempotency_key NOT LIKE 'import:%') AS in_use,
       ARRAY(SELECT idempotency_key FROM keys WHERE idempotency_key LIKE 'import:%') AS keys
FROM known

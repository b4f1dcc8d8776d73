-- Locks a session and tells how far it is, and which entries it has. No row if it is not there.
-- $1 session
WITH locked AS (
    SELECT s.id, s.change, s.changed_at FROM sessions s WHERE s.id = $1 FOR NO KEY UPDATE
), keys AS (
    SELECT m.idempotency_key FROM messages m WHERE m.session_id = $1
    UNION
    SELECT r.idempotency_key FROM retired_messages r WHERE r.session_id = $1
)
SELECT change, changed_at,
       EXISTS (SELECT FROM keys WHERE idempotency_key NOT LIKE 'import:%') AS in_use,
       ARRAY(SELECT idempotency_key FROM keys WHERE idempotency_key LIKE 'import:%') AS keys
FROM locked

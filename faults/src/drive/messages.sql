-- Every message as its readers are shown it, with its sender's key. Times as the API writes them.
SELECT session_id::text, id, seq, change, rev::bigint AS rev, user_id::text, content, idempotency_key, deleted_at IS NOT NULL AS deleted,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
FROM messages
ORDER BY session_id, seq

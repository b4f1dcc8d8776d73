-- Takes the next number under the lock of the session's row, and stores a message with it.
-- $1 session  $2 text
WITH next AS (
    UPDATE load_floor.sessions SET change = change + 1, changed_at = clock_timestamp() WHERE id = $1 RETURNING change
)
INSERT INTO load_floor.messages (session_id, seq, content) SELECT $1, next.change, $2 FROM next RETURNING seq

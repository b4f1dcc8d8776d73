-- Removes messages past retention and keeps their idempotency keys: a send may be repeated for ever.
-- $1 how many at most  $2 retention, an interval as text
WITH doomed AS (
    SELECT session_id, seq FROM messages WHERE created_at < now() - $2::text::interval LIMIT $1 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM messages m USING doomed d WHERE m.session_id = d.session_id AND m.seq = d.seq
    RETURNING m.session_id, m.user_id, m.idempotency_key, m.id, m.seq, m.body_digest, m.created_at
), kept AS (
    INSERT INTO retired_messages (session_id, user_id, idempotency_key, id, seq, body_digest, created_at)
    SELECT session_id, user_id, idempotency_key, id, seq, body_digest, created_at FROM gone
    ON CONFLICT DO NOTHING
)
SELECT count(*) AS removed, coalesce(array_agg(DISTINCT session_id), '{}') AS sessions FROM gone

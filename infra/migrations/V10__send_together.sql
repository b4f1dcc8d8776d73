-- Several messages in one go. A statement for each step instead of one for each step of each message: an executor's start costs more than
-- what it does for a row, so a dozen take six tenths of what a dozen calls of message_send would (docs/PERFORMANCE.md has the figures).

-- What message_send does, for each draft in the order of the arguments, and with the same outcomes; `place` counts them from 1. All of it
-- happens under the locks of the sessions' rows, which are taken in the order of their ids, as whoever else locks several does it: two in
-- different orders would wait for each other for ever. A second statement then sees what was committed before that.
--
-- A key that comes twice in one call is an error, and nothing is stored: the caller tries each alone.
--
-- A connection keeps the plan, also one that it made for a new database with few sessions, where reading all of them is the quickest: so
-- sessions are found by `= ANY (ARRAY[…])`, which an index can answer and a join over the whole table cannot.
CREATE FUNCTION message_send_together(
    p_sessions uuid[], p_users uuid[], p_keys text[], p_ids uuid[], p_contents text[], p_metadata jsonb[], p_lifetime interval
) RETURNS TABLE (place bigint, sent sent_message)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    PERFORM FROM sessions s WHERE s.id = ANY (p_sessions) ORDER BY s.id FOR NO KEY UPDATE;

    RETURN QUERY
    WITH judged AS MATERIALIZED (
        -- Those that are to be stored have a number within their session, from 1.
        SELECT v.*, count(*) FILTER (WHERE v.outcome = 'stored') OVER (PARTITION BY v.session_id ORDER BY v.place) AS nth
        FROM (
            SELECT d.*, x.digest, m.role, m.audience, k.id AS found_id, k.seq AS found_seq, k.created_at AS found_at,
                CASE
                    WHEN s.id IS NULL OR m.role IS NULL THEN 'not_a_member'
                    WHEN k.body_digest = x.digest THEN 'duplicate'
                    WHEN k.id IS NOT NULL THEN 'idempotency_conflict'
                    WHEN s.expires_at <= now() THEN 'session_expired'
                    ELSE 'stored'
                END AS outcome
            FROM unnest(p_sessions, p_users, p_keys, p_ids, p_contents, p_metadata)
                WITH ORDINALITY AS d (session_id, user_id, key, id, content, metadata, place)
            -- As message_send makes it: a repeat may come either way. OFFSET 0 keeps it from being made anew wherever it is read.
            CROSS JOIN LATERAL (
                SELECT sha256(convert_to(d.content || chr(1) || d.metadata::text, 'UTF8')) AS digest OFFSET 0
            ) x
            LEFT JOIN sessions s ON s.id = ANY (ARRAY[d.session_id])
            CROSS JOIN LATERAL (
                SELECT min(o.role) FILTER (WHERE o.user_id = d.user_id) AS role, array_agg(o.user_id) AS audience
                FROM members o WHERE o.session_id = d.session_id
            ) m
            LEFT JOIN LATERAL (
                SELECT e.id, e.seq, e.created_at, e.body_digest FROM messages e
                WHERE e.session_id = d.session_id AND e.user_id = d.user_id AND e.idempotency_key = d.key
                UNION ALL
                SELECT r.id, r.seq, r.created_at, r.body_digest FROM retired_messages r
                WHERE r.session_id = d.session_id AND r.user_id = d.user_id AND r.idempotency_key = d.key
            ) k ON true
        ) v
    ), moved AS (
        -- As session_next_change does it, by as many as there are; their times are a microsecond apart.
        UPDATE sessions s
        SET change = s.change + n.count,
            changed_at = greatest(clock_timestamp(), s.changed_at + interval '1 microsecond') + (n.count - 1) * interval '1 microsecond',
            expires_at = CASE WHEN s.expires_at < now() + p_lifetime * 0.9 THEN now() + p_lifetime ELSE s.expires_at END
        FROM (SELECT j.session_id, max(j.nth) AS count FROM judged j GROUP BY j.session_id) n
        WHERE s.id = ANY (ARRAY[n.session_id]) AND n.count > 0
        RETURNING s.id, s.change - n.count AS change, s.changed_at - n.count * interval '1 microsecond' AS changed_at
    ), numbered AS MATERIALIZED (
        SELECT j.*, u.change + j.nth AS seq, u.changed_at + j.nth * interval '1 microsecond' AS created_at
        FROM judged j LEFT JOIN moved u ON u.id = j.session_id AND j.outcome = 'stored'
    ), stored AS (
        INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
        SELECT n.session_id, n.seq, n.seq, n.id, n.user_id, n.role, n.key, n.digest, n.content, n.metadata, n.created_at
        FROM numbered n WHERE n.outcome = 'stored'
    )
    SELECT n.place, ROW (
        n.outcome, coalesce(n.found_id, n.id), coalesce(n.found_seq, n.seq), coalesce(n.found_seq, n.seq), n.role,
        coalesce(n.found_at, n.created_at), (SELECT e.name FROM epochs e), n.audience
    )::sent_message
    FROM numbered n;
END $$;

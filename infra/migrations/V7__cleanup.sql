-- Cleanup that costs what it removes, and not what it looks at: sessions say what they leave behind, and how far back they reach.

-- ---- What sessions that are gone leave behind -------------------------------------------------------------------------

CREATE TABLE gone_sessions (
    id      uuid        PRIMARY KEY,
    gone_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  gone_sessions         IS 'Sessions that are gone and whose messages or idempotency keys may still be there; cleanup takes these, and then the row.';
COMMENT ON COLUMN gone_sessions.id      IS 'As in sessions.';
COMMENT ON COLUMN gone_sessions.gone_at IS 'When it went.';

-- However a session goes, in the same transaction.
CREATE FUNCTION session_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO gone_sessions (id) SELECT g.id FROM gone g ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_gone AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION session_gone();

-- Those that went before. Steps over the index from session to session, so that it reads one entry for each and not all.
INSERT INTO gone_sessions (id)
WITH RECURSIVE said AS (
    (SELECT m.session_id FROM messages m ORDER BY m.session_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.session_id FROM messages m WHERE m.session_id > said.session_id ORDER BY m.session_id LIMIT 1)
    FROM said WHERE said.session_id IS NOT NULL
), retired AS (
    (SELECT r.session_id FROM retired_messages r ORDER BY r.session_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.session_id FROM retired_messages r WHERE r.session_id > retired.session_id ORDER BY r.session_id LIMIT 1)
    FROM retired WHERE retired.session_id IS NOT NULL
)
SELECT session_id FROM (TABLE said UNION TABLE retired) left_behind
WHERE session_id IS NOT NULL AND NOT EXISTS (SELECT FROM sessions s WHERE s.id = left_behind.session_id);

-- Removes up to p_limit rows of sessions that are gone: messages, then idempotency keys, then the note that it is gone. worked counts
-- the notes as well: below p_limit nothing is left. A batch that another holds is left to that one.
CREATE FUNCTION sweep_gone_sessions(
    p_limit bigint,
    OUT worked bigint, OUT orphaned_messages bigint, OUT orphaned_keys bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_session uuid;
    v_count   bigint;
BEGIN
    worked := 0;
    orphaned_messages := 0;
    orphaned_keys := 0;
    FOR v_session IN SELECT g.id FROM gone_sessions g ORDER BY g.id LIMIT p_limit FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM messages WHERE ctid = ANY (
            ARRAY(SELECT m.ctid FROM messages m WHERE m.session_id = v_session LIMIT p_limit - worked));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        orphaned_messages := orphaned_messages + v_count;
        worked := worked + v_count;
        EXIT WHEN worked >= p_limit;
        DELETE FROM retired_messages WHERE ctid = ANY (
            ARRAY(SELECT r.ctid FROM retired_messages r WHERE r.session_id = v_session LIMIT p_limit - worked));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        orphaned_keys := orphaned_keys + v_count;
        worked := worked + v_count;
        EXIT WHEN worked >= p_limit;
        DELETE FROM gone_sessions g WHERE g.id = v_session;
        worked := worked + 1;
        EXIT WHEN worked >= p_limit;
    END LOOP;
END $$;

-- ---- Messages past retention ----------------------------------------------------------------------------------------------

-- '-infinity' for the sessions that are there: their first cleanup finds out. No row is written again for it.
ALTER TABLE sessions ADD COLUMN retained_from timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE sessions ALTER COLUMN retained_from SET DEFAULT now();
CREATE INDEX sessions_retained_from_idx ON sessions (retained_from);
COMMENT ON COLUMN sessions.retained_from IS 'No message of it is older. Cleanup moves it on, and so finds the sessions that have something past retention.';
-- Rows that were removed leave room for new ones, so old and new lie side by side: a block range index told little, and each send paid.
DROP INDEX messages_created_at_idx;

-- Removes up to p_limit messages past retention, the oldest of each session, and keeps their idempotency keys: a send may be repeated
-- for ever. worked counts the sessions looked at as well: below p_limit nothing is left. sessions had some removed. A session that
-- somebody writes to just now is left to the next batch.
CREATE FUNCTION sweep_retired_messages(
    p_limit bigint, p_retention interval,
    OUT worked bigint, OUT retired_messages bigint, OUT sessions uuid[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_before  timestamptz := now() - p_retention;
    v_session uuid;
    v_upto    bigint;
    v_count   bigint;
BEGIN
    worked := 0;
    sweep_retired_messages.retired_messages := 0;
    sweep_retired_messages.sessions := '{}';
    FOR v_session IN
        SELECT s.id FROM sessions s WHERE s.retained_from < v_before ORDER BY s.retained_from LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        -- created_at grows with seq, so what is past retention are the first ones.
        v_upto := message_cursor_at(v_session, v_before);
        WITH gone AS (
            DELETE FROM messages WHERE ctid = ANY (
                ARRAY(SELECT m.ctid FROM messages m WHERE m.session_id = v_session AND m.seq <= v_upto
                      ORDER BY m.seq LIMIT p_limit - worked))
            RETURNING session_id, user_id, idempotency_key, id, seq, body_digest, created_at
        ), kept AS (
            INSERT INTO retired_messages (session_id, user_id, idempotency_key, id, seq, body_digest, created_at)
            SELECT session_id, user_id, idempotency_key, id, seq, body_digest, created_at FROM gone
            ON CONFLICT DO NOTHING
        )
        SELECT count(*) INTO v_count FROM gone;
        IF v_count > 0 THEN
            sweep_retired_messages.sessions := array_append(sweep_retired_messages.sessions, v_session);
        END IF;
        -- Without a message: whatever comes is newer than this transaction, but for the time between a clock and its commit.
        UPDATE sessions s
        SET retained_from = coalesce(
            (SELECT m.created_at FROM messages m WHERE m.session_id = v_session ORDER BY m.seq LIMIT 1), now() - interval '1 hour')
        WHERE s.id = v_session;
        sweep_retired_messages.retired_messages := sweep_retired_messages.retired_messages + v_count;
        worked := worked + v_count + 1;
        EXIT WHEN worked >= p_limit;
    END LOOP;
END $$;

-- ---- Going on ---------------------------------------------------------------------------------------------------------------

CREATE TABLE sweeps (
    current          boolean     PRIMARY KEY DEFAULT true CHECK (current),
    unfinished_since timestamptz
);
INSERT INTO sweeps DEFAULT VALUES;
COMMENT ON TABLE  sweeps                  IS 'One row: whether a cleanup has stopped before its end, and goes on soon.';
COMMENT ON COLUMN sweeps.current          IS 'True; keeps it at one row.';
COMMENT ON COLUMN sweeps.unfinished_since IS 'When the cleanup began that is not finished; null if none.';

-- What is said. Nothing that was acknowledged is lost, and a send may be repeated for ever.

CREATE TABLE messages (
    session_id      uuid        NOT NULL,
    seq             bigint      NOT NULL,
    change          bigint      NOT NULL,
    rev             integer     NOT NULL DEFAULT 1,
    id              uuid        NOT NULL CONSTRAINT messages_id_key UNIQUE,
    user_id         uuid        NOT NULL,
    role            text        NOT NULL CHECK (role IN ('owner', 'member', 'assistant')),
    idempotency_key text        NOT NULL,
    body_digest     bytea       NOT NULL,
    content         text        NOT NULL,
    metadata        jsonb       NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL,
    edited_at       timestamptz,
    deleted_at      timestamptz,
    PRIMARY KEY (session_id, seq),
    CONSTRAINT messages_change_key UNIQUE (session_id, change),
    CONSTRAINT messages_idempotency_key UNIQUE (session_id, user_id, idempotency_key)
);
-- Retention asks for the oldest of all sessions together; rows lie in the order of their birth, so a block range index is enough.
CREATE INDEX messages_created_at_idx ON messages USING brin (created_at) WITH (pages_per_range = 32);
COMMENT ON TABLE  messages                 IS 'Messages. No foreign key to sessions: a session then goes in one small step, and cleanup takes what it leaves in batches. A send holds the lock of its session''s row, so it cannot write into one that is gone.';
COMMENT ON COLUMN messages.session_id      IS 'Where it was said.';
COMMENT ON COLUMN messages.seq             IS 'The change that the message was born with: its place in the session, for ever.';
COMMENT ON COLUMN messages.change          IS 'The change of its latest alteration; equal to seq until it is edited or deleted.';
COMMENT ON COLUMN messages.rev             IS 'Counts its revisions from 1; an edit names the one it was made from, so that of two at once one is refused.';
COMMENT ON COLUMN messages.id              IS 'UUID v7, made by the server.';
COMMENT ON COLUMN messages.user_id         IS 'Who sent it. No foreign key: what was said stays when its sender goes.';
COMMENT ON COLUMN messages.role            IS 'The sender''s role in the session when it was sent.';
COMMENT ON COLUMN messages.idempotency_key IS 'The id that the sender gave the send; unique per session and sender for ever.';
COMMENT ON COLUMN messages.body_digest     IS 'SHA-256 of the body as first sent; tells a repetition from another message under the same key, also after an edit.';
COMMENT ON COLUMN messages.content         IS 'The text.';
COMMENT ON COLUMN messages.metadata        IS 'A JSON object of the sender''s, opaque to the server.';
COMMENT ON COLUMN messages.created_at      IS 'Taken under the session''s lock; strictly increases with seq.';
COMMENT ON COLUMN messages.edited_at       IS 'When it was last edited; null if never.';
COMMENT ON COLUMN messages.deleted_at      IS 'When it was deleted; null while it stands.';

CREATE TABLE retired_messages (
    session_id      uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    idempotency_key text        NOT NULL,
    id              uuid        NOT NULL,
    seq             bigint      NOT NULL,
    body_digest     bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (session_id, user_id, idempotency_key)
);
COMMENT ON TABLE  retired_messages             IS 'What is left of a message past retention: enough to answer a repeated send with its first ack.';
COMMENT ON COLUMN retired_messages.session_id      IS 'As in messages.';
COMMENT ON COLUMN retired_messages.user_id         IS 'As in messages.';
COMMENT ON COLUMN retired_messages.idempotency_key IS 'As in messages.';
COMMENT ON COLUMN retired_messages.id              IS 'As in messages.';
COMMENT ON COLUMN retired_messages.seq             IS 'As in messages; a repeated send is answered with it as its change, too.';
COMMENT ON COLUMN retired_messages.body_digest     IS 'As in messages. The text itself is gone.';
COMMENT ON COLUMN retired_messages.created_at      IS 'As in messages.';

-- Stores a message, or finds the one that the same key stored before. All of it happens under the lock of the session's row.
-- A function rather than one long statement, so that a connection keeps its plans (docs/ARCHITECTURE.md has the figures).
--
-- outcome: stored, duplicate, idempotency_conflict, not_a_member or session_expired. The columns after it are null unless stored
-- or duplicate; audience holds every member, the sender too.
CREATE FUNCTION message_send(
    p_session uuid, p_user uuid, p_key text, p_id uuid, p_content text, p_metadata jsonb, p_lifetime interval,
    OUT outcome text, OUT id uuid, OUT seq bigint, OUT change bigint, OUT role text, OUT created_at timestamptz, OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_digest  bytea := sha256(convert_to(p_content || chr(1) || p_metadata::text, 'UTF8'));
    v_session sessions;
    v_found   bytea;
BEGIN
    SELECT m.role INTO role FROM members m WHERE m.session_id = p_session AND m.user_id = p_user;
    IF NOT FOUND THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    SELECT * INTO v_session FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;

    SELECT k.id, k.seq, k.change, k.created_at, k.body_digest INTO id, seq, change, created_at, v_found
    FROM (
        SELECT m.id, m.seq, m.seq AS change, m.created_at, m.body_digest FROM messages m
        WHERE m.session_id = p_session AND m.user_id = p_user AND m.idempotency_key = p_key
        UNION ALL
        SELECT r.id, r.seq, r.seq, r.created_at, r.body_digest FROM retired_messages r
        WHERE r.session_id = p_session AND r.user_id = p_user AND r.idempotency_key = p_key
    ) k;
    IF FOUND THEN
        outcome := CASE WHEN v_found = v_digest THEN 'duplicate' ELSE 'idempotency_conflict' END;
        RETURN;
    END IF;
    IF v_session.expires_at <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;

    UPDATE sessions s
    SET change = s.change + 1,
        changed_at = greatest(clock_timestamp(), s.changed_at + interval '1 microsecond'),
        -- A session lives while people write. It is indexed by its end, so that moves rarely: at a tenth of its life.
        expires_at = CASE WHEN s.expires_at < now() + p_lifetime * 0.9 THEN now() + p_lifetime ELSE s.expires_at END
    WHERE s.id = p_session
    RETURNING s.change, s.changed_at INTO change, created_at;

    INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
    VALUES (p_session, change, change, p_id, p_user, role, p_key, v_digest, p_content, p_metadata, created_at);

    outcome := 'stored';
    id := p_id;
    seq := change;
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- The change that a reader who has seen everything up to a time has reached. created_at grows with seq, so a binary search over
-- the primary key finds it in log2(n) probes, and no insert pays for an index on (session_id, created_at).
CREATE FUNCTION message_cursor_at(p_session uuid, p_time timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_low  bigint := 0;
    v_high bigint := (SELECT s.change FROM sessions s WHERE s.id = p_session);
    v_mid  bigint;
    v_seq  bigint;
    v_time timestamptz;
BEGIN
    -- Every message up to v_low is at or before p_time; every one after v_high is later.
    WHILE v_low < v_high LOOP
        v_mid := (v_low + v_high + 1) / 2;
        -- The nearest at or below the middle: retention and edits leave holes in seq.
        SELECT m.seq, m.created_at INTO v_seq, v_time FROM messages m
        WHERE m.session_id = p_session AND m.seq <= v_mid AND m.seq > v_low ORDER BY m.seq DESC LIMIT 1;
        IF NOT FOUND OR v_time <= p_time THEN
            v_low := v_mid;
        ELSE
            v_high := v_seq - 1;
        END IF;
    END LOOP;
    RETURN v_low;
END $$;

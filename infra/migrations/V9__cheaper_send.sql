-- What a send costs in PostgreSQL, counted in instructions: three quarters of what it did (docs/PERFORMANCE.md has the figures). Nothing
-- that a caller sees changes.

-- A table's CHECK is read from the catalogue, parsed and planned anew by every statement that writes to the table, also where it leaves
-- the column alone. A connection keeps a domain's. Rewrites both tables.
CREATE DOMAIN session_title AS text CHECK (length(value) BETWEEN 1 AND 200);
CREATE DOMAIN author_role AS text CHECK (value IN ('owner', 'member', 'assistant'));
ALTER TABLE sessions DROP CONSTRAINT sessions_title_check, ALTER COLUMN title TYPE session_title;
ALTER TABLE messages DROP CONSTRAINT messages_role_check, ALTER COLUMN role TYPE author_role;

-- What became of a send.
CREATE TYPE sent_message AS (
    outcome    text,
    id         uuid,
    seq        bigint,
    change     bigint,
    role       text,
    created_at timestamptz,
    epoch      text,
    audience   uuid[]
);
COMMENT ON COLUMN sent_message.outcome    IS 'stored, duplicate, idempotency_conflict, not_a_member or session_expired. What follows counts for the first two alone.';
COMMENT ON COLUMN sent_message.id         IS 'The message''s id.';
COMMENT ON COLUMN sent_message.seq        IS 'Its place in the session.';
COMMENT ON COLUMN sent_message.change     IS 'The change that it was born with, which is its place.';
COMMENT ON COLUMN sent_message.role       IS 'The sender''s role.';
COMMENT ON COLUMN sent_message.created_at IS 'When it was stored.';
COMMENT ON COLUMN sent_message.epoch      IS 'The life of the database that this happened in.';
COMMENT ON COLUMN sent_message.audience   IS 'Every member, the sender too.';

-- Stores a message, or finds the one that the same key stored before. All of it happens under the lock of the session's row, the
-- question of membership too: who is removed or adopted meanwhile is seen.
--
-- A type of its own for the answer, and the next number in the function itself: for OUT parameters and for a function within the function
-- PostgreSQL would put the same row type together at every call.
DROP FUNCTION message_send(uuid, uuid, text, uuid, text, jsonb, interval);
CREATE FUNCTION message_send(
    p_session uuid, p_user uuid, p_key text, p_id uuid, p_content text, p_metadata jsonb, p_lifetime interval
) RETURNS sent_message LANGUAGE plpgsql AS $$
DECLARE
    v_digest  bytea := sha256(convert_to(p_content || chr(1) || p_metadata::text, 'UTF8'));
    v_expires timestamptz;
    v_found   bytea;
    sent      sent_message;
BEGIN
    SELECT s.expires_at INTO v_expires FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    SELECT min(m.role) FILTER (WHERE m.user_id = p_user), array_agg(m.user_id), (SELECT e.name FROM epochs e)
    INTO sent.role, sent.audience, sent.epoch
    FROM members m WHERE m.session_id = p_session;
    IF v_expires IS NULL OR sent.role IS NULL THEN
        sent.outcome := 'not_a_member';
        RETURN sent;
    END IF;

    SELECT k.id, k.seq, k.seq, k.created_at, k.body_digest INTO sent.id, sent.seq, sent.change, sent.created_at, v_found
    FROM (
        SELECT m.id, m.seq, m.created_at, m.body_digest FROM messages m
        WHERE m.session_id = p_session AND m.user_id = p_user AND m.idempotency_key = p_key
        UNION ALL
        SELECT r.id, r.seq, r.created_at, r.body_digest FROM retired_messages r
        WHERE r.session_id = p_session AND r.user_id = p_user AND r.idempotency_key = p_key
    ) k;
    IF FOUND THEN
        sent.outcome := CASE WHEN v_found = v_digest THEN 'duplicate' ELSE 'idempotency_conflict' END;
        RETURN sent;
    END IF;
    IF v_expires <= now() THEN
        sent.outcome := 'session_expired';
        RETURN sent;
    END IF;

    -- As session_next_change does it, for edits and deletions. A session lives while people write; it is indexed by its end, so that
    -- moves rarely: at a tenth of its life.
    UPDATE sessions s
    SET change = s.change + 1,
        changed_at = greatest(clock_timestamp(), s.changed_at + interval '1 microsecond'),
        expires_at = CASE WHEN s.expires_at < now() + p_lifetime * 0.9 THEN now() + p_lifetime ELSE s.expires_at END
    WHERE s.id = p_session
    RETURNING s.change, s.changed_at INTO sent.change, sent.created_at;
    INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
    VALUES (
        p_session, sent.change, sent.change, p_id, p_user, sent.role, p_key, v_digest, p_content, p_metadata, sent.created_at
    );

    sent.outcome := 'stored';
    sent.id := p_id;
    sent.seq := sent.change;
    RETURN sent;
END $$;

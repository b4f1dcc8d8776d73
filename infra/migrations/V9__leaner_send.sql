-- A send in three statements instead of eight: each one that a function runs costs PostgreSQL its start and its end, whatever it does.

-- The role is copied from `members`, which checks it. A check is parsed anew for each statement that writes the table.
ALTER TABLE messages DROP CONSTRAINT messages_role_check;

-- Stores a message, or finds the one that the same key stored before. All of it happens under the lock of the session's row, the
-- question of membership too: who is removed or adopted meanwhile is seen.
--
-- outcome: stored, duplicate, idempotency_conflict, not_a_member or session_expired. The columns after it mean something only if stored
-- or duplicate; audience, every member, the sender too, only if stored.
CREATE OR REPLACE FUNCTION message_send(
    p_session uuid, p_user uuid, p_key text, p_id uuid, p_content text, p_metadata jsonb, p_lifetime interval,
    OUT outcome text, OUT id uuid, OUT seq bigint, OUT change bigint, OUT role text, OUT created_at timestamptz, OUT epoch text,
    OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_digest  bytea := sha256(convert_to(p_content || chr(1) || p_metadata::text, 'UTF8'));
    v_expires timestamptz;
    v_found   bytea;
BEGIN
    -- By itself: what a statement reads is what was committed when it began, and only what begins after the lock sees all before it.
    SELECT s.expires_at INTO v_expires FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;

    SELECT sender.role, e.name, k.id, k.seq, k.seq, k.created_at, k.body_digest,
           ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session)
    INTO role, epoch, id, seq, change, created_at, v_found, audience
    FROM epochs e
    LEFT JOIN members sender ON sender.session_id = p_session AND sender.user_id = p_user
    LEFT JOIN (
        SELECT m.id, m.seq, m.created_at, m.body_digest FROM messages m
        WHERE m.session_id = p_session AND m.user_id = p_user AND m.idempotency_key = p_key
        UNION ALL
        SELECT r.id, r.seq, r.created_at, r.body_digest FROM retired_messages r
        WHERE r.session_id = p_session AND r.user_id = p_user AND r.idempotency_key = p_key
    ) k ON true;
    IF v_expires IS NULL OR role IS NULL THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    IF v_found IS NOT NULL THEN
        outcome := CASE WHEN v_found = v_digest THEN 'duplicate' ELSE 'idempotency_conflict' END;
        RETURN;
    END IF;
    IF v_expires <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;

    -- As `session_next_change` does it, without the call.
    WITH next AS (
        UPDATE sessions s
        SET change = s.change + 1,
            changed_at = greatest(clock_timestamp(), s.changed_at + interval '1 microsecond'),
            expires_at = CASE WHEN s.expires_at < now() + p_lifetime * 0.9 THEN now() + p_lifetime ELSE s.expires_at END
        WHERE s.id = p_session
        RETURNING s.change, s.changed_at
    )
    INSERT INTO messages AS m
        (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
    SELECT p_session, n.change, n.change, p_id, p_user, message_send.role, p_key, v_digest, p_content, p_metadata, n.changed_at
    FROM next n
    RETURNING m.id, m.seq, m.change, m.created_at INTO id, seq, change, created_at;
    outcome := 'stored';
END $$;

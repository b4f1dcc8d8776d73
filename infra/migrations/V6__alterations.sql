-- What was said may be edited and deleted, a session has settings, and a cursor says which life of the database it belongs to.

CREATE TABLE epochs (
    current  boolean     PRIMARY KEY DEFAULT true CHECK (current),
    name     text        NOT NULL DEFAULT left(gen_random_uuid()::text, 8),
    begun_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO epochs DEFAULT VALUES;
COMMENT ON TABLE  epochs          IS 'One row: the life of this database. A restored backup gives numbers out again that its clients have seen for other changes, so it begins a new one: SELECT epoch_begin().';
COMMENT ON COLUMN epochs.current  IS 'True; keeps it at one row.';
COMMENT ON COLUMN epochs.name     IS 'Eight random hexadecimal digits; stands in every cursor. Not a number: two restores of one backup must differ.';
COMMENT ON COLUMN epochs.begun_at IS 'When it began.';

-- Begins a new epoch: every cursor given out before is answered with `reset`. For the operator who has restored a backup.
CREATE FUNCTION epoch_begin() RETURNS text LANGUAGE sql AS $$
    UPDATE epochs SET name = DEFAULT, begun_at = now() RETURNING name
$$;

ALTER TABLE sessions
    ADD COLUMN settings jsonb   NOT NULL DEFAULT '{}',
    ADD COLUMN version  integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN sessions.settings IS 'A JSON object of its owner''s, opaque to the server.';
COMMENT ON COLUMN sessions.version  IS 'Counts the revisions of title and settings from 1; an alteration names the one it was made from, so that of two at once one is refused.';

-- Takes the next number of a session whose row the caller has locked. In PL/pgSQL, because PostgreSQL plans a function in SQL at every
-- call: a send took 300 to 355 microseconds of processor time with one and takes 247 to 280 so, as many as with no function at all.
-- A session lives while people write; it is indexed by its end, so
-- that moves rarely: at a tenth of its life.
CREATE FUNCTION session_next_change(p_session uuid, p_lifetime interval, OUT change bigint, OUT at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE sessions s
    SET change = s.change + 1,
        changed_at = greatest(clock_timestamp(), s.changed_at + interval '1 microsecond'),
        expires_at = CASE WHEN s.expires_at < now() + p_lifetime * 0.9 THEN now() + p_lifetime ELSE s.expires_at END
    WHERE s.id = p_session
    RETURNING s.change, s.changed_at INTO change, at;
END $$;

-- Stores a message, or finds the one that the same key stored before. All of it happens under the lock of the session's row, the
-- question of membership too: who is removed or adopted meanwhile is seen.
--
-- outcome: stored, duplicate, idempotency_conflict, not_a_member or session_expired. The columns after it are null unless stored
-- or duplicate; audience holds every member, the sender too.
DROP FUNCTION message_send(uuid, uuid, text, uuid, text, jsonb, interval);
CREATE FUNCTION message_send(
    p_session uuid, p_user uuid, p_key text, p_id uuid, p_content text, p_metadata jsonb, p_lifetime interval,
    OUT outcome text, OUT id uuid, OUT seq bigint, OUT change bigint, OUT role text, OUT created_at timestamptz, OUT epoch text,
    OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_digest  bytea := sha256(convert_to(p_content || chr(1) || p_metadata::text, 'UTF8'));
    v_expires timestamptz;
    v_found   bytea;
BEGIN
    SELECT s.expires_at INTO v_expires FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    SELECT m.role INTO role FROM members m WHERE m.session_id = p_session AND m.user_id = p_user;
    IF v_expires IS NULL OR role IS NULL THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    epoch := (SELECT e.name FROM epochs e);

    SELECT k.id, k.seq, k.seq, k.created_at, k.body_digest INTO id, seq, change, created_at, v_found
    FROM (
        SELECT m.id, m.seq, m.created_at, m.body_digest FROM messages m
        WHERE m.session_id = p_session AND m.user_id = p_user AND m.idempotency_key = p_key
        UNION ALL
        SELECT r.id, r.seq, r.created_at, r.body_digest FROM retired_messages r
        WHERE r.session_id = p_session AND r.user_id = p_user AND r.idempotency_key = p_key
    ) k;
    IF FOUND THEN
        outcome := CASE WHEN v_found = v_digest THEN 'duplicate' ELSE 'idempotency_conflict' END;
        RETURN;
    END IF;
    IF v_expires <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;

    SELECT n.change, n.at INTO change, created_at FROM session_next_change(p_session, p_lifetime) n;
    INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
    VALUES (p_session, change, change, p_id, p_user, role, p_key, v_digest, p_content, p_metadata, created_at);

    outcome := 'stored';
    id := p_id;
    seq := change;
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- Edits a message, or deletes it where p_content is null: a tombstone keeps its place. Under the lock of the session's row, like a send.
-- p_rev is the revision that the client saw; of two alterations of one revision the second is a conflict, unless it asks for what
-- the first did: then its ack was lost, and it is a duplicate. p_metadata null keeps what is there.
--
-- outcome: altered, duplicate, conflict, forbidden, message_not_found, not_a_member or session_expired. The message's columns are set
-- for the first three, as it stands now. was: the change that it had before, if altered. audience: every member, if altered.
CREATE FUNCTION message_alter(
    p_session uuid, p_user uuid, p_message uuid, p_rev integer, p_content text, p_metadata jsonb, p_lifetime interval,
    OUT outcome text, OUT id uuid, OUT seq bigint, OUT change bigint, OUT rev integer, OUT user_id uuid, OUT role text,
    OUT content text, OUT metadata jsonb, OUT created_at timestamptz, OUT edited_at timestamptz, OUT deleted_at timestamptz,
    OUT was bigint, OUT epoch text, OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_deletes boolean := p_content IS NULL;
    v_expires timestamptz;
    v_role    text;
    v_change  bigint;
    v_now     timestamptz;
BEGIN
    SELECT s.expires_at INTO v_expires FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    SELECT m.role INTO v_role FROM members m WHERE m.session_id = p_session AND m.user_id = p_user;
    IF v_expires IS NULL OR v_role IS NULL THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    epoch := (SELECT e.name FROM epochs e);

    -- Cleanup does not take the session's lock, so the message has one of its own.
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    INTO id, seq, change, rev, user_id, role, content, metadata, created_at, edited_at, deleted_at
    FROM messages m WHERE m.id = p_message AND m.session_id = p_session FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := CASE WHEN v_expires <= now() THEN 'session_expired' ELSE 'message_not_found' END;
        RETURN;
    END IF;
    IF user_id <> p_user AND NOT (v_deletes AND v_role = 'owner') THEN
        outcome := 'forbidden';
        RETURN;
    END IF;
    IF rev <> p_rev OR deleted_at IS NOT NULL THEN
        outcome := CASE
            WHEN rev = p_rev + 1 AND v_deletes = (deleted_at IS NOT NULL)
                 AND (v_deletes OR (content = p_content AND metadata = coalesce(p_metadata, metadata))) THEN 'duplicate'
            ELSE 'conflict'
        END;
        RETURN;
    END IF;
    IF v_expires <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;

    SELECT n.change, n.at INTO v_change, v_now FROM session_next_change(p_session, p_lifetime) n;
    was := change;
    change := v_change;
    rev := rev + 1;
    content := coalesce(p_content, '');
    metadata := CASE WHEN v_deletes THEN '{}' ELSE coalesce(p_metadata, metadata) END;
    edited_at := CASE WHEN v_deletes THEN edited_at ELSE v_now END;
    deleted_at := CASE WHEN v_deletes THEN v_now END;
    UPDATE messages m
    SET change = message_alter.change, rev = message_alter.rev, content = message_alter.content, metadata = message_alter.metadata,
        edited_at = message_alter.edited_at, deleted_at = message_alter.deleted_at
    WHERE m.session_id = p_session AND m.seq = message_alter.seq;

    outcome := 'altered';
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- Gives a session another title (p_titled, null for none) or other settings (null keeps them). p_version is the one that the client
-- saw; null overwrites whatever is there.
--
-- outcome: altered, duplicate, conflict, forbidden, not_a_member or session_expired. The rest is set if altered.
CREATE FUNCTION session_alter(
    p_session uuid, p_user uuid, p_version integer, p_titled boolean, p_title text, p_settings jsonb,
    OUT outcome text, OUT title text, OUT settings jsonb, OUT version integer, OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_role    text;
    v_session sessions;
BEGIN
    SELECT * INTO v_session FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    SELECT m.role INTO v_role FROM members m WHERE m.session_id = p_session AND m.user_id = p_user;
    IF v_session.id IS NULL OR v_role IS NULL THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    IF v_session.expires_at <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;
    IF v_role <> 'owner' THEN
        outcome := 'forbidden';
        RETURN;
    END IF;
    title := CASE WHEN p_titled THEN p_title ELSE v_session.title END;
    settings := coalesce(p_settings, v_session.settings);
    IF v_session.version <> p_version THEN
        outcome := CASE
            WHEN v_session.version = p_version + 1 AND title IS NOT DISTINCT FROM v_session.title AND settings = v_session.settings
            THEN 'duplicate' ELSE 'conflict'
        END;
        RETURN;
    END IF;
    version := v_session.version + 1;
    UPDATE sessions s SET title = session_alter.title, settings = session_alter.settings, version = session_alter.version
    WHERE s.id = p_session;
    outcome := 'altered';
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- Moves a member's read mark forward, never past the newest message, and names those to tell. Two devices at once meet in the
-- row's lock: the mark is the greater of the two.
CREATE OR REPLACE FUNCTION member_read(
    p_session uuid, p_user uuid, p_seq bigint,
    OUT outcome text, OUT read_seq bigint, OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_expires timestamptz;
    v_newest  bigint;
BEGIN
    SELECT s.expires_at INTO v_expires FROM sessions s JOIN members m ON m.session_id = s.id
    WHERE s.id = p_session AND m.user_id = p_user;
    IF NOT FOUND THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    IF v_expires <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;
    -- Not the session's counter: edits move that on and are no messages.
    v_newest := coalesce((SELECT max(m.seq) FROM messages m WHERE m.session_id = p_session), 0);
    UPDATE members m
    SET read_seq = greatest(m.read_seq, least(p_seq, v_newest)),
        read_at = CASE WHEN least(p_seq, v_newest) > m.read_seq THEN now() ELSE m.read_at END
    WHERE m.session_id = p_session AND m.user_id = p_user
    RETURNING m.read_seq INTO read_seq;
    outcome := 'read';
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- What others said in a session after a place, without the deleted; 100 stands for 100 or more. A function, so that the planner of a
-- list sees 200 cheap calls and not 200 scans, for which it would compile the whole query (35 ms), and so that a connection keeps the plan.
CREATE FUNCTION session_unread(p_session uuid, p_user uuid, p_read_seq bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT count(*) FROM (
            SELECT FROM messages m
            WHERE m.session_id = p_session AND m.seq > p_read_seq AND m.user_id <> p_user AND m.deleted_at IS NULL
            ORDER BY m.seq
            LIMIT 100
        ) counted
    );
END $$;

-- The change that a reader who has seen everything up to a time has reached: the place of the last message up to then. Not the number of
-- an edit near it, which may be later than the time. created_at grows with seq, so a binary search over the primary key finds it in
-- log2(n) probes, and no insert pays for an index on (session_id, created_at).
CREATE OR REPLACE FUNCTION message_cursor_at(p_session uuid, p_time timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_last bigint := 0;
    v_low  bigint := 0;
    v_high bigint := (SELECT s.change FROM sessions s WHERE s.id = p_session);
    v_mid  bigint;
    v_seq  bigint;
    v_time timestamptz;
BEGIN
    -- Every message up to v_low is at or before p_time, v_last the last of them; every one after v_high is later.
    WHILE v_low < v_high LOOP
        v_mid := (v_low + v_high + 1) / 2;
        -- The nearest at or below the middle: retention and edits leave holes in seq.
        SELECT m.seq, m.created_at INTO v_seq, v_time FROM messages m
        WHERE m.session_id = p_session AND m.seq <= v_mid AND m.seq > v_low ORDER BY m.seq DESC LIMIT 1;
        IF NOT FOUND THEN
            v_low := v_mid;
        ELSIF v_time <= p_time THEN
            v_last := v_seq;
            v_low := v_mid;
        ELSE
            v_high := v_seq - 1;
        END IF;
    END LOOP;
    RETURN v_last;
END $$;

-- Signing out for real, services with keys of their own, invites by link, and counts that hold without Redis.

-- ---- Sign-ins: a family of refresh tokens, or a service's key ------------------------------------------------------------

CREATE TABLE services (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text        NOT NULL CONSTRAINT services_name_key UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    digest     bytea       NOT NULL CONSTRAINT services_digest_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz
);
CREATE INDEX services_user_id_idx ON services (user_id);
COMMENT ON TABLE  services            IS 'Users that are programs. An operator makes them; they sign in with a key.';
COMMENT ON COLUMN services.id         IS 'UUID v7; the sign-in that its access tokens carry. A new key has a new one, so the old one''s tokens end.';
COMMENT ON COLUMN services.user_id    IS 'The user that it is; stays the same when the key changes.';
COMMENT ON COLUMN services.name       IS 'What operators call it: 1 to 63 lower-case letters, digits and hyphens.';
COMMENT ON COLUMN services.digest     IS 'SHA-256 of the key. A stolen table opens nothing.';
COMMENT ON COLUMN services.created_at IS 'When the key was made.';
COMMENT ON COLUMN services.seen_at    IS 'When the key was last used; null if never.';

-- Whether a sign-in still stands: it has a refresh token, or is a service's key.
CREATE FUNCTION sign_in_stands(p_sign_in uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM refresh_tokens t WHERE t.family = p_sign_in)
        OR EXISTS (SELECT FROM services s WHERE s.id = p_sign_in)
$$;

-- Exchanges a refresh token for its successor, under the token's row lock, so that of two uses at once one is the second.
-- outcome: rotated, reused (user_id and sign_in say whose sockets to close) or invalid.
DROP FUNCTION refresh_token_rotate(bytea, bytea, interval);
CREATE FUNCTION refresh_token_rotate(
    p_digest bytea, p_successor bytea, p_lifetime interval,
    OUT outcome text, OUT user_id uuid, OUT sign_in uuid, OUT locale text
) LANGUAGE plpgsql AS $$
DECLARE
    v_token refresh_tokens;
BEGIN
    SELECT * INTO v_token FROM refresh_tokens t WHERE t.digest = p_digest FOR UPDATE;
    IF NOT FOUND OR v_token.expires_at <= now() THEN
        outcome := 'invalid';
        RETURN;
    END IF;
    user_id := v_token.user_id;
    sign_in := v_token.family;
    IF v_token.used_at IS NOT NULL THEN
        -- Either the thief or the owner holds a copy; nobody can tell which, so neither keeps it.
        DELETE FROM refresh_tokens t WHERE t.family = v_token.family;
        outcome := 'reused';
        RETURN;
    END IF;
    UPDATE refresh_tokens t SET used_at = now() WHERE t.digest = p_digest;
    INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
    VALUES (p_successor, v_token.family, v_token.user_id, now() + p_lifetime);
    SELECT u.locale INTO locale FROM users u WHERE u.id = v_token.user_id;
    outcome := 'rotated';
END $$;

-- Ends the sign-in that a refresh token belongs to, or all of its user's, and names them. Nulls for a token that nobody knows.
CREATE FUNCTION sign_out(
    p_digest bytea, p_everywhere boolean,
    OUT user_id uuid, OUT sign_ins uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_family uuid;
BEGIN
    SELECT t.user_id, t.family INTO user_id, v_family FROM refresh_tokens t WHERE t.digest = p_digest;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    WITH gone AS (
        DELETE FROM refresh_tokens t
        WHERE t.family = v_family OR (p_everywhere AND t.user_id = sign_out.user_id)
        RETURNING t.family
    )
    SELECT array_agg(DISTINCT family) INTO sign_ins FROM gone;
END $$;

-- What V4 had, and now says whether the caller was a guest at all, and which sign-ins ended with them.
DROP FUNCTION user_adopt_guest(uuid, uuid);
CREATE FUNCTION user_adopt_guest(
    p_guest uuid, p_account uuid,
    OUT adopted boolean, OUT sessions uuid[], OUT sign_ins uuid[]
) LANGUAGE plpgsql AS $$
BEGIN
    adopted := false;
    IF p_guest = p_account
        OR EXISTS (SELECT FROM credentials c WHERE c.user_id = p_guest)
        OR EXISTS (SELECT FROM services s WHERE s.user_id = p_guest)
    THEN
        RETURN;
    END IF;
    adopted := true;
    -- The sessions' locks first, always in one order: a send takes the same lock, and so sees all of this or nothing.
    sessions := ARRAY(
        SELECT s.id FROM sessions s JOIN members m ON m.session_id = s.id WHERE m.user_id = p_guest
        ORDER BY s.id FOR NO KEY UPDATE OF s
    );
    WITH gone AS (
        DELETE FROM members g
        USING members a
        WHERE g.user_id = p_guest AND a.user_id = p_account AND a.session_id = g.session_id
        RETURNING g.session_id, g.role, g.read_seq
    )
    UPDATE members a
    SET read_seq = greatest(a.read_seq, gone.read_seq)
    FROM gone WHERE a.session_id = gone.session_id AND a.user_id = p_account;
    UPDATE members m SET user_id = p_account WHERE m.user_id = p_guest;
    UPDATE members m SET role = 'owner'
    WHERE m.user_id = p_account AND m.session_id = ANY (sessions)
      AND NOT EXISTS (SELECT FROM members o WHERE o.session_id = m.session_id AND o.role = 'owner');
    -- A key that both used in one session would clash: such a message keeps the guest's name.
    UPDATE messages m SET user_id = p_account
    WHERE m.session_id = ANY (sessions) AND m.user_id = p_guest
      AND NOT EXISTS (
          SELECT FROM messages o
          WHERE o.session_id = m.session_id AND o.user_id = p_account AND o.idempotency_key = m.idempotency_key
      );
    WITH gone AS (DELETE FROM refresh_tokens t WHERE t.user_id = p_guest RETURNING t.family)
    SELECT coalesce(array_agg(DISTINCT family), '{}') INTO sign_ins FROM gone;
END $$;

-- ---- Tickets that could not be noted in Redis ---------------------------------------------------------------------------

CREATE UNLOGGED TABLE tickets (
    id         uuid        PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_expires_at_idx ON tickets (expires_at);
COMMENT ON TABLE  tickets            IS 'Tickets that nobody has used yet, issued while Redis was away. Unlogged: a crash makes them worthless, which is the safe side.';
COMMENT ON COLUMN tickets.id         IS 'The ticket''s id.';
COMMENT ON COLUMN tickets.expires_at IS 'After this it opens nothing; the next tickets clear it away, and so does cleanup.';

-- Notes a ticket, and clears a few away that have expired, so that the table is as large as what lives.
CREATE FUNCTION ticket_note(p_id uuid, p_lifetime interval) RETURNS void LANGUAGE sql AS $$
    DELETE FROM tickets t
    USING (SELECT o.id FROM tickets o WHERE o.expires_at <= now() ORDER BY o.expires_at LIMIT 4 FOR UPDATE SKIP LOCKED) old
    WHERE t.id = old.id;
    INSERT INTO tickets (id, expires_at) VALUES (p_id, now() + p_lifetime) ON CONFLICT DO NOTHING;
$$;

-- Uses a ticket up: true the first time and for a sign-in that still stands.
CREATE FUNCTION ticket_use(p_id uuid, p_sign_in uuid) RETURNS boolean LANGUAGE sql AS $$
    WITH used AS (DELETE FROM tickets t WHERE t.id = p_id AND t.expires_at > now() RETURNING t.id)
    SELECT EXISTS (SELECT FROM used) AND sign_in_stands(p_sign_in)
$$;

-- ---- Members ------------------------------------------------------------------------------------------------------------

CREATE TABLE invites (
    id         uuid        PRIMARY KEY,
    session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    role       text        NOT NULL CHECK (role IN ('member', 'assistant')),
    digest     bytea       NOT NULL CONSTRAINT invites_digest_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX invites_session_id_idx ON invites (session_id);
CREATE INDEX invites_expires_at_idx ON invites (expires_at);
COMMENT ON TABLE  invites            IS 'Links that let one more user into a session, once. A used or revoked one is gone.';
COMMENT ON COLUMN invites.id         IS 'UUID v7; names it to those who may revoke it, and opens nothing.';
COMMENT ON COLUMN invites.session_id IS 'Where it leads; gone with it.';
COMMENT ON COLUMN invites.role       IS 'What the newcomer will be.';
COMMENT ON COLUMN invites.digest     IS 'SHA-256 of the secret in the link. A stolen table lets nobody in.';
COMMENT ON COLUMN invites.created_at IS 'When it was made.';
COMMENT ON COLUMN invites.expires_at IS 'After this it is refused and cleanup removes it.';

-- Makes an invite unless its session has too many that still hold: true if it was made.
CREATE FUNCTION invite_make(
    p_session uuid, p_id uuid, p_role text, p_digest bytea, p_lifetime interval, p_max integer,
    OUT made boolean, OUT expires_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    DELETE FROM invites i WHERE i.session_id = p_session AND i.expires_at <= now();
    made := (SELECT count(*) FROM invites i WHERE i.session_id = p_session) < p_max;
    IF made THEN
        expires_at := now() + p_lifetime;
        INSERT INTO invites (id, session_id, role, digest, expires_at) VALUES (p_id, p_session, p_role, p_digest, expires_at);
    END IF;
END $$;

-- Uses an invite up and makes the user a member. The session's lock comes first, as everywhere.
-- outcome: joined, member (was one before; the invite stays), full or invalid. session_id is null when it is invalid.
CREATE FUNCTION invite_accept(
    p_digest bytea, p_user uuid, p_max integer,
    OUT outcome text, OUT session_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    v_session uuid := (SELECT i.session_id FROM invites i WHERE i.digest = p_digest);
    v_role    text;
BEGIN
    outcome := 'invalid';
    PERFORM FROM sessions s WHERE s.id = v_session AND s.expires_at > now() FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT i.role INTO v_role FROM invites i WHERE i.digest = p_digest AND i.expires_at > now() FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    session_id := v_session;
    IF EXISTS (SELECT FROM members m WHERE m.session_id = v_session AND m.user_id = p_user) THEN
        outcome := 'member';
    ELSIF (SELECT count(*) FROM members m WHERE m.session_id = v_session) >= p_max THEN
        outcome := 'full';
    ELSE
        INSERT INTO members (session_id, user_id, role) VALUES (v_session, p_user, v_role);
        DELETE FROM invites i WHERE i.digest = p_digest;
        outcome := 'joined';
    END IF;
END $$;

-- Adds a member, or gives one another role; the owner keeps theirs. No row if the session has too many members.
CREATE FUNCTION member_add(p_session uuid, p_user uuid, p_role text, p_max integer)
RETURNS TABLE (user_id uuid, role text, read_seq bigint, joined_at timestamptz, is_new boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    RETURN QUERY
        UPDATE members m SET role = p_role
        WHERE m.session_id = p_session AND m.user_id = p_user AND m.role <> 'owner'
        RETURNING m.user_id, m.role, m.read_seq, m.joined_at, false;
    IF FOUND OR (SELECT count(*) FROM members m WHERE m.session_id = p_session) >= p_max THEN
        RETURN;
    END IF;
    RETURN QUERY
        INSERT INTO members AS m (session_id, user_id, role) VALUES (p_session, p_user, p_role)
        RETURNING m.user_id, m.role, m.read_seq, m.joined_at, true;
END $$;

-- Whether a user may own one more session. Called from the statement that opens it: the user's lock, held to its end, makes two at
-- once wait, and a volatile function sees what was committed meanwhile.
CREATE FUNCTION session_room(p_owner uuid, p_max integer) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM users u WHERE u.id = p_owner FOR NO KEY UPDATE;
    RETURN (SELECT count(*) FROM members m WHERE m.user_id = p_owner AND m.role = 'owner') < p_max;
END $$;

-- ---- Attempts to sign in --------------------------------------------------------------------------------------------------

CREATE UNLOGGED TABLE attempts (
    key        bytea         PRIMARY KEY,
    times      timestamptz[] NOT NULL,
    expires_at timestamptz   NOT NULL
)
WITH (fillfactor = 70);
CREATE INDEX attempts_expires_at_idx ON attempts (expires_at);
COMMENT ON TABLE  attempts            IS 'Attempts to sign in, by address and by account. Unlogged: the log of a crash is not worth a write to disk at each attempt.';
COMMENT ON COLUMN attempts.key        IS 'Keyed hash of an IP address or of an e-mail address: neither can be read from it.';
COMMENT ON COLUMN attempts.times      IS 'The attempts within the window, oldest first; never more than the limit.';
COMMENT ON COLUMN attempts.expires_at IS 'When the last of them leaves the window; the next attempts clear it away, and so does cleanup.';

-- Counts one attempt under each of some keys, or under none if one of them is full: exactly p_max in any window of p_period.
-- wait: how long until another is allowed. reset: until all of them are. The rows are locked in the order of their keys.
CREATE FUNCTION attempt_count(
    p_keys bytea[], p_max integer, p_period interval,
    OUT allowed boolean, OUT remaining integer, OUT reset_millis bigint, OUT wait_millis bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_key   bytea;
    v_now   timestamptz;
    v_times timestamptz[];
    v_wait  interval := '0';
    v_reset interval := '0';
BEGIN
    DELETE FROM attempts a
    USING (SELECT o.key FROM attempts o WHERE o.expires_at <= now() ORDER BY o.expires_at LIMIT 4 FOR UPDATE SKIP LOCKED) old
    WHERE a.key = old.key;

    remaining := p_max;
    FOR v_key IN SELECT DISTINCT k FROM unnest(p_keys) k ORDER BY k LOOP
        INSERT INTO attempts AS a (key, times, expires_at) VALUES (v_key, '{}', now() + p_period)
        ON CONFLICT (key) DO UPDATE SET expires_at = a.expires_at
        RETURNING a.times INTO v_times;
        -- After the lock: whoever waited for it must not be counted as earlier than who held it.
        v_now := clock_timestamp();
        v_times := ARRAY(SELECT t FROM unnest(v_times) t WHERE t > v_now - p_period ORDER BY t);
        remaining := least(remaining, p_max - cardinality(v_times));
        IF cardinality(v_times) >= p_max THEN
            v_wait := greatest(v_wait, v_times[cardinality(v_times) - p_max + 1] + p_period - v_now);
        END IF;
        v_reset := greatest(v_reset, coalesce(v_times[cardinality(v_times)] + p_period - v_now, '0'));
    END LOOP;

    allowed := remaining > 0;
    IF allowed THEN
        v_reset := p_period;
        remaining := remaining - 1;
        UPDATE attempts a
        SET times = ARRAY(SELECT t FROM unnest(a.times) t WHERE t > v_now - p_period ORDER BY t) || v_now,
            expires_at = v_now + p_period
        WHERE a.key = ANY (p_keys);
    END IF;
    remaining := greatest(remaining, 0);
    reset_millis := ceil(extract(epoch FROM v_reset) * 1000);
    wait_millis := ceil(extract(epoch FROM v_wait) * 1000);
END $$;

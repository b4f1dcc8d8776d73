-- Requests whose answer was lost, and that come again: they are answered as the first. Functions from before this go on with it.

-- ---- Refresh tokens -----------------------------------------------------------------------------------------------------

-- Exchanges a refresh token for the first of some successors, and names the one that counts. outcome: rotated, reused or ended (user_id and
-- sign_in say whose sockets to close), or invalid. Who repeats an exchange brings the same successors, perhaps behind those of newer
-- keys, and is answered as before while nobody has used the one that was given.
CREATE FUNCTION refresh_token_exchange(
    p_digest bytea, p_successors bytea[], p_lifetime interval,
    OUT outcome text, OUT user_id uuid, OUT sign_in uuid, OUT locale text, OUT successor bytea
) LANGUAGE plpgsql AS $$
DECLARE
    v_token refresh_tokens;
BEGIN
    PERFORM user_tokens_lock(t.user_id) FROM refresh_tokens t WHERE t.digest = p_digest;
    SELECT * INTO v_token FROM refresh_tokens t WHERE t.digest = p_digest;
    outcome := 'invalid';
    IF NOT FOUND OR v_token.expires_at <= now() THEN
        RETURN;
    END IF;
    user_id := v_token.user_id;
    sign_in := v_token.family;
    SELECT u.locale INTO locale FROM users u WHERE u.id = v_token.user_id;
    IF v_token.ended_at IS NOT NULL THEN
        outcome := 'ended';
        RETURN;
    END IF;
    IF v_token.used_at IS NULL THEN
        successor := p_successors[1];
        UPDATE refresh_tokens t SET used_at = now() WHERE t.digest = p_digest;
        INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
        VALUES (successor, v_token.family, v_token.user_id, now() + p_lifetime);
        outcome := 'rotated';
        RETURN;
    END IF;
    SELECT s.digest INTO successor FROM refresh_tokens s
    WHERE s.digest = ANY (p_successors) AND s.family = v_token.family AND s.used_at IS NULL;
    IF FOUND THEN
        outcome := 'rotated';
    ELSE
        -- Either the thief or the owner holds a copy; nobody can tell which, so neither keeps it.
        PERFORM sign_ins_end(v_token.user_id, v_token.family);
        outcome := 'reused';
    END IF;
END $$;

-- The same with one successor, for functions from before.
CREATE OR REPLACE FUNCTION refresh_token_rotate(
    p_digest bytea, p_successor bytea, p_lifetime interval,
    OUT outcome text, OUT user_id uuid, OUT sign_in uuid, OUT locale text
) LANGUAGE sql AS $$
    SELECT e.outcome, e.user_id, e.sign_in, e.locale FROM refresh_token_exchange(p_digest, ARRAY[p_successor], p_lifetime) e
$$;

-- ---- Invites ------------------------------------------------------------------------------------------------------------

ALTER TABLE invites ADD COLUMN used_by uuid REFERENCES users ON DELETE CASCADE;
CREATE INDEX invites_used_by_idx ON invites (used_by) WHERE used_by IS NOT NULL;
COMMENT ON TABLE  invites         IS 'Links that let one more user into a session, once. A revoked one is gone; a used one stays until it expires, for whoever has not heard that they are in.';
COMMENT ON COLUMN invites.used_by IS 'Who became a member by it; null while it is open. A guest who has logged in since is still named as the guest.';

-- As in V5, of invites that nobody has used.
CREATE OR REPLACE FUNCTION invite_make(
    p_session uuid, p_id uuid, p_role text, p_digest bytea, p_lifetime interval, p_max integer,
    OUT made boolean, OUT expires_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM sessions s WHERE s.id = p_session FOR NO KEY UPDATE;
    DELETE FROM invites i WHERE i.session_id = p_session AND i.expires_at <= now();
    made := (SELECT count(*) FROM invites i WHERE i.session_id = p_session AND i.used_by IS NULL) < p_max;
    IF made THEN
        expires_at := now() + p_lifetime;
        INSERT INTO invites (id, session_id, role, digest, expires_at) VALUES (p_id, p_session, p_role, p_digest, expires_at);
    END IF;
END $$;

-- Uses an invite up and makes the user a member. The session's lock comes first, as everywhere.
-- outcome: joined (by this invite, now or before: whoever did it may not have come to tell the others), member (in another way; an open
-- invite stays open), full or invalid. session_id is null when it is invalid.
CREATE OR REPLACE FUNCTION invite_accept(
    p_digest bytea, p_user uuid, p_max integer,
    OUT outcome text, OUT session_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
    v_session uuid := (SELECT i.session_id FROM invites i WHERE i.digest = p_digest);
    v_invite  invites;
BEGIN
    outcome := 'invalid';
    PERFORM FROM sessions s WHERE s.id = v_session AND s.expires_at > now() FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO v_invite FROM invites i WHERE i.digest = p_digest AND i.expires_at > now() FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM members m WHERE m.session_id = v_session AND m.user_id = p_user) THEN
        outcome := CASE WHEN v_invite.used_by = p_user THEN 'joined' ELSE 'member' END;
    ELSIF v_invite.used_by IS NOT NULL THEN
        RETURN;
    ELSIF (SELECT count(*) FROM members m WHERE m.session_id = v_session) >= p_max THEN
        outcome := 'full';
    ELSE
        INSERT INTO members (session_id, user_id, role) VALUES (v_session, p_user, v_invite.role);
        UPDATE invites i SET used_by = p_user WHERE i.digest = p_digest;
        outcome := 'joined';
    END IF;
    session_id := v_session;
END $$;

-- ---- Attempts to sign in ------------------------------------------------------------------------------------------------

-- As in V5, and old attempts are cleared away last: whoever has their locks waits for nobody any more. Cleared away first, one of them was
-- what another attempt waited for that had the row which this one wanted next, and the two waited for each other.
CREATE OR REPLACE FUNCTION attempt_count(
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

    DELETE FROM attempts a
    USING (SELECT o.key FROM attempts o WHERE o.expires_at <= now() ORDER BY o.expires_at LIMIT 4 FOR UPDATE SKIP LOCKED) old
    WHERE a.key = old.key;
END $$;

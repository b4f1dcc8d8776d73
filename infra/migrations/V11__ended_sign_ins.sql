-- Ends of sign-ins that are final, and that can be said again: an ended sign-in keeps its tokens until they expire.

ALTER TABLE refresh_tokens ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN refresh_tokens.ended_at IS 'When its sign-in ended: by log-out, a second use of a token, or a guest who logged in; null while it stands.';

-- As in V5, of tokens that have not ended.
CREATE OR REPLACE FUNCTION sign_in_stands(p_sign_in uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM refresh_tokens t WHERE t.family = p_sign_in AND t.ended_at IS NULL)
        OR EXISTS (SELECT FROM services s WHERE s.id = p_sign_in)
$$;

-- Takes the lock that makes a user's tokens stand still. Whoever gives or ends them takes it before looking: otherwise an end would not see
-- the successor that an exchange is just storing, and the sign-in would come back with it.
CREATE FUNCTION user_tokens_lock(p_user uuid) RETURNS void LANGUAGE sql AS $$
    SELECT FROM users u WHERE u.id = p_user FOR NO KEY UPDATE
$$;

-- Ends sign-ins of a user whose tokens are locked: those named, or all where none are. Names those that have ended within three hours, which
-- is as long as anything of theirs lives, so that who repeats this closes the same sockets.
CREATE FUNCTION sign_ins_end(p_user uuid, p_sign_in uuid) RETURNS uuid[] LANGUAGE sql AS $$
    UPDATE refresh_tokens t SET ended_at = now()
    WHERE t.user_id = p_user AND (p_sign_in IS NULL OR t.family = p_sign_in) AND t.ended_at IS NULL;
    SELECT coalesce(array_agg(DISTINCT t.family), '{}') FROM refresh_tokens t
    WHERE t.user_id = p_user AND (p_sign_in IS NULL OR t.family = p_sign_in) AND t.ended_at > now() - interval '3 hours'
$$;

-- Exchanges a refresh token for its successor. outcome: rotated, reused or ended (user_id and sign_in say whose sockets to close), or invalid.
-- Who repeats an exchange brings the same successor, and is answered as before while nobody has used that.
CREATE OR REPLACE FUNCTION refresh_token_rotate(
    p_digest bytea, p_successor bytea, p_lifetime interval,
    OUT outcome text, OUT user_id uuid, OUT sign_in uuid, OUT locale text
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
    ELSIF v_token.used_at IS NULL THEN
        UPDATE refresh_tokens t SET used_at = now() WHERE t.digest = p_digest;
        INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
        VALUES (p_successor, v_token.family, v_token.user_id, now() + p_lifetime);
        outcome := 'rotated';
    ELSIF EXISTS (
        SELECT FROM refresh_tokens s
        WHERE s.digest = p_successor AND s.family = v_token.family AND s.used_at IS NULL
    ) THEN
        outcome := 'rotated';
    ELSE
        -- Either the thief or the owner holds a copy; nobody can tell which, so neither keeps it.
        PERFORM sign_ins_end(v_token.user_id, v_token.family);
        outcome := 'reused';
    END IF;
END $$;

-- Ends the sign-in that a refresh token belongs to, or all of its user's, and names them. Nulls for a token that nobody knows.
CREATE OR REPLACE FUNCTION sign_out(
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
    PERFORM user_tokens_lock(user_id);
    sign_ins := sign_ins_end(user_id, CASE WHEN p_everywhere THEN NULL ELSE v_family END);
END $$;

-- As in V5. A repetition finds nothing left of the guest and cannot tell which sessions were theirs: it names all of the account's.
CREATE OR REPLACE FUNCTION user_adopt_guest(
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
    PERFORM user_tokens_lock(p_guest);
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
    IF NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.user_id = p_guest AND t.ended_at IS NULL) THEN
        sessions := ARRAY(SELECT m.session_id FROM members m WHERE m.user_id = p_account);
    END IF;
    sign_ins := sign_ins_end(p_guest, NULL);
END $$;

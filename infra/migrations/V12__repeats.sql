-- Requests whose answer was lost, and that come again: they are answered as the first. Functions from before this go on with it.

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

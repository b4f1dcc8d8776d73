-- A guest who logs in to an existing account takes along what was theirs: sessions, roles, read marks and what they said.

-- Moves everything of a guest to an account, in one transaction, and names the sessions that moved. Somebody with credentials is no
-- guest and nothing of theirs moves. Where both were members, the account keeps its row, becomes owner if the guest was, and has
-- read as far as either had.
CREATE FUNCTION user_adopt_guest(p_guest uuid, p_account uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    v_sessions uuid[];
BEGIN
    IF p_guest = p_account OR EXISTS (SELECT FROM credentials c WHERE c.user_id = p_guest) THEN
        RETURN '{}';
    END IF;
    -- The sessions' locks first, always in one order: a send takes the same lock, and so sees all of this or nothing.
    v_sessions := ARRAY(
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
    WHERE m.user_id = p_account AND m.session_id = ANY (v_sessions)
      AND NOT EXISTS (SELECT FROM members o WHERE o.session_id = m.session_id AND o.role = 'owner');
    -- A key that both used in one session would clash: such a message keeps the guest's name.
    UPDATE messages m SET user_id = p_account
    WHERE m.session_id = ANY (v_sessions) AND m.user_id = p_guest
      AND NOT EXISTS (
          SELECT FROM messages o
          WHERE o.session_id = m.session_id AND o.user_id = p_account AND o.idempotency_key = m.idempotency_key
      );
    DELETE FROM refresh_tokens t WHERE t.user_id = p_guest;
    RETURN v_sessions;
END $$;

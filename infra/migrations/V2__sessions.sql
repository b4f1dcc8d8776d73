-- Where people talk. A session's counter gives every alteration of its messages a number, under the session's row lock:
-- numbers appear in commit order and without holes, so "everything after my number" misses nothing.

CREATE TABLE sessions (
    id         uuid        PRIMARY KEY,
    title      text        CHECK (length(title) BETWEEN 1 AND 200),
    change     bigint      NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
)
-- Every send updates its session's row: room on the page lets PostgreSQL do that without touching an index.
WITH (fillfactor = 50);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
COMMENT ON TABLE  sessions            IS 'A conversation of its members.';
COMMENT ON COLUMN sessions.id         IS 'UUID v7; clients see it signed.';
COMMENT ON COLUMN sessions.title      IS 'What its owner calls it; null if nothing.';
COMMENT ON COLUMN sessions.change     IS 'Number of the latest alteration of its messages; 0 while there is none.';
COMMENT ON COLUMN sessions.changed_at IS 'Time of that alteration; the next message is born strictly later.';
COMMENT ON COLUMN sessions.created_at IS 'When it was opened.';
COMMENT ON COLUMN sessions.expires_at IS 'After this nobody can use it, and cleanup removes it.';

CREATE TABLE members (
    session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    role       text        NOT NULL CHECK (role IN ('owner', 'member', 'assistant')),
    joined_at  timestamptz NOT NULL DEFAULT now(),
    read_seq   bigint      NOT NULL DEFAULT 0,
    read_at    timestamptz,
    PRIMARY KEY (session_id, user_id)
);
CREATE INDEX members_user_id_idx ON members (user_id);
CREATE UNIQUE INDEX members_one_owner_idx ON members (session_id) WHERE role = 'owner';
COMMENT ON TABLE  members          IS 'Who may use a session, and how far each has read.';
COMMENT ON COLUMN members.session_id IS 'The session; gone with it.';
COMMENT ON COLUMN members.user_id  IS 'The member.';
COMMENT ON COLUMN members.joined_at IS 'When the member was added.';
COMMENT ON COLUMN members.role     IS 'owner, member or assistant; stamped on every message that the member sends.';
COMMENT ON COLUMN members.read_seq IS 'Read mark: the newest message (by seq) that the member has seen; only moves forward.';
COMMENT ON COLUMN members.read_at  IS 'When the read mark last moved.';

-- Moves a member's read mark forward, never past the newest message, and names those to tell.
CREATE FUNCTION member_read(
    p_session uuid, p_user uuid, p_seq bigint,
    OUT outcome text, OUT read_seq bigint, OUT audience uuid[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_session sessions;
BEGIN
    SELECT s.* INTO v_session FROM sessions s JOIN members m ON m.session_id = s.id
    WHERE s.id = p_session AND m.user_id = p_user;
    IF NOT FOUND THEN
        outcome := 'not_a_member';
        RETURN;
    END IF;
    IF v_session.expires_at <= now() THEN
        outcome := 'session_expired';
        RETURN;
    END IF;
    UPDATE members m
    SET read_seq = greatest(m.read_seq, least(p_seq, v_session.change)),
        read_at = CASE WHEN p_seq > m.read_seq THEN now() ELSE m.read_at END
    WHERE m.session_id = p_session AND m.user_id = p_user
    RETURNING m.read_seq INTO read_seq;
    outcome := 'read';
    audience := ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = p_session);
END $$;

-- Who is there. A guest is a user without credentials, so signing up adds a row and moves nothing.

CREATE TABLE users (
    id         uuid        PRIMARY KEY,
    locale     text        NOT NULL DEFAULT 'en' CHECK (length(locale) BETWEEN 2 AND 35),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  users            IS 'A person, a guest or a service. A guest has no row in credentials.';
COMMENT ON COLUMN users.id         IS 'UUID v7.';
COMMENT ON COLUMN users.locale     IS 'BCP 47 tag of the language that errors are written in.';
COMMENT ON COLUMN users.created_at IS 'When the user first appeared, as a guest or by signing up.';

CREATE TABLE credentials (
    user_id       uuid        PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    email         text        NOT NULL CONSTRAINT credentials_email_key UNIQUE CHECK (email = lower(email)),
    password_hash text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE  credentials               IS 'How a signed-up user logs in.';
COMMENT ON COLUMN credentials.user_id       IS 'Whose they are.';
COMMENT ON COLUMN credentials.email         IS 'Lower case: two spellings of one address are one account.';
COMMENT ON COLUMN credentials.password_hash IS 'PHC string of Argon2id, so parameters can change and old hashes still verify.';
COMMENT ON COLUMN credentials.created_at    IS 'When the user signed up.';

CREATE TABLE refresh_tokens (
    digest     bytea       PRIMARY KEY,
    family     uuid        NOT NULL,
    user_id    uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_family_idx     ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user_id_idx    ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);
COMMENT ON TABLE  refresh_tokens            IS 'Refresh tokens, each good for one use. Used ones stay until they expire: only so is a second use noticed.';
COMMENT ON COLUMN refresh_tokens.digest     IS 'SHA-256 of the token. A stolen table opens nothing.';
COMMENT ON COLUMN refresh_tokens.family     IS 'All tokens that descend from one log-in; revoked as one.';
COMMENT ON COLUMN refresh_tokens.user_id    IS 'Whose new access tokens it buys.';
COMMENT ON COLUMN refresh_tokens.expires_at IS 'After this the token is refused and cleanup removes it.';
COMMENT ON COLUMN refresh_tokens.used_at    IS 'When it was exchanged for its successor; null while it is the newest of its family.';

-- Exchanges a refresh token for its successor, under the token's row lock, so that of two uses at once one is the second.
CREATE FUNCTION refresh_token_rotate(
    p_digest bytea, p_successor bytea, p_lifetime interval,
    OUT outcome text, OUT user_id uuid, OUT locale text
) LANGUAGE plpgsql AS $$
DECLARE
    v_token refresh_tokens;
BEGIN
    SELECT * INTO v_token FROM refresh_tokens t WHERE t.digest = p_digest FOR UPDATE;
    IF NOT FOUND OR v_token.expires_at <= now() THEN
        outcome := 'invalid';
        RETURN;
    END IF;
    IF v_token.used_at IS NOT NULL THEN
        -- Either the thief or the owner holds a copy; nobody can tell which, so neither keeps it.
        DELETE FROM refresh_tokens t WHERE t.family = v_token.family;
        outcome := 'reused';
        RETURN;
    END IF;
    UPDATE refresh_tokens t SET used_at = now() WHERE t.digest = p_digest;
    INSERT INTO refresh_tokens (digest, family, user_id, expires_at)
    VALUES (p_successor, v_token.family, v_token.user_id, now() + p_lifetime);
    SELECT 'rotated', u.id, u.locale INTO outcome, user_id, locale FROM users u WHERE u.id = v_token.user_id;
END $$;

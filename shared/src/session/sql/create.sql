-- Opens a session with its owner.
-- $1 session id  $2 title or null  $3 lifetime, an interval as text  $4 the owner's user id
WITH session AS (
    INSERT INTO sessions (id, title, expires_at) VALUES ($1, $2, now() + $3::text::interval)
    RETURNING id, title, change, created_at, expires_at
), owner AS (
    INSERT INTO members (session_id, user_id, role) SELECT id, $4, 'owner' FROM session RETURNING role
)
SELECT session.*, owner.role FROM session, owner

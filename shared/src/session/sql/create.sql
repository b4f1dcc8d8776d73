-- Opens a session with its owner.
-- No row if the owner has too many.
-- $1 session id  $2 title or null  $3 lifetime, an interval as text  $4 the owner's user id  $5 how many sessions a user may own
WITH room AS MATERIALIZED (
    SELECT session_room($4, $5) AS is_left
), session AS (
    INSERT INTO sessions (id, title, expires_at)
    SELECT $1, $2, now() + $3::text::interval FROM room WHERE is_left
    RETURNING id, title, change, created_at, expires_at
), owner AS (
    INSERT INTO members (session_id, user_id, role) SELECT id, $4, 'owner' FROM session RETURNING role
)
SELECT session.*, owner.role FROM session, owner

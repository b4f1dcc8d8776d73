-- Opens a session with its owner; no row if they own too many.
-- $1 session id  $2 title or null  $3 settings, JSON as text  $4 lifetime, an interval as text  $5 the owner's user id
-- $6 how many sessions a user may own
WITH room AS MATERIALIZED (
    SELECT session_room($5, $6) AS is_left
), session AS (
    INSERT INTO sessions (id, title, settings, expires_at)
    SELECT $1, $2, $3::text::jsonb, now() + $4::text::interval FROM room WHERE is_left
    RETURNING id AS session_id, title, settings, version, change AS head, created_at AS opened_at, expires_at
), owner AS (
    INSERT INTO members (session_id, user_id, role) SELECT session_id, $5, 'owner' FROM session RETURNING role AS own_role, read_seq
)
SELECT session.*, owner.*, (SELECT e.name FROM epochs e) AS epoch, 0::bigint AS unread, null::uuid AS id FROM session, owner

-- Adds a member, or gives one another role; the owner keeps theirs.
-- $1 session id  $2 user id  $3 role
INSERT INTO members (session_id, user_id, role) VALUES ($1, $2, $3)
ON CONFLICT (session_id, user_id) DO UPDATE SET role = excluded.role WHERE members.role <> 'owner'
RETURNING user_id, role, read_seq, joined_at

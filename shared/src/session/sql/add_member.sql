-- Adds a member, or gives one another role (infra/migrations/V5__identity.sql has the function). No row if there are too many.
-- $1 session id  $2 user id  $3 role  $4 how many members a session may have
SELECT user_id, role, read_seq, joined_at FROM member_add($1, $2, $3, $4)

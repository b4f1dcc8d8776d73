-- Deletes a session that a user owns; no row if they do not. Its messages become orphans, which nobody can reach and cleanup removes.
-- $1 session id  $2 user id
DELETE FROM sessions s
USING members own
WHERE s.id = $1 AND own.session_id = s.id AND own.user_id = $2 AND own.role = 'owner'
RETURNING ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = s.id) AS audience

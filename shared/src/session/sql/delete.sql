-- Deletes a session and names those to tell; no row if it is gone already.
-- $1 session id
DELETE FROM sessions s WHERE s.id = $1
RETURNING ARRAY(SELECT m.user_id FROM members m WHERE m.session_id = s.id) AS audience

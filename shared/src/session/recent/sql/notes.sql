-- Sessions whose lists have to go, by id.
-- $1 after this id  $2 at most so many
SELECT session_id, mark FROM unannounced WHERE session_id > $1 ORDER BY session_id LIMIT $2

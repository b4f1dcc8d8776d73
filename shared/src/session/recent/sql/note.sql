-- Notes that Redis was not told of an alteration of some sessions. In the order of their ids, so that two of these do not wait for each
-- other in a ring.
-- $1 session ids  $2 a mark, unique to this call
INSERT INTO unannounced (session_id, mark)
SELECT session_id, $2 FROM unnest($1::uuid[]) AS altered(session_id) ORDER BY session_id
ON CONFLICT (session_id) DO UPDATE SET mark = excluded.mark

-- What follows a cursor, in the order of changes, with the session's newest change read at the same moment. One row with nulls in
-- place of a message if nothing follows; no row for strangers. The cursor is null if the message of $5 is not there.
-- $1 session id  $2 user id  $3 a change, or null  $4 a time, or null  $5 a message id, or null  $6 how many at most
WITH session AS MATERIALIZED (
    SELECT s.id, s.change AS head, s.expires_at, (SELECT e.name FROM epochs e) AS epoch,
           CASE
               WHEN $3 IS NOT NULL THEN $3
               WHEN $4 IS NOT NULL THEN message_cursor_at(s.id, $4)
               ELSE (SELECT m.seq FROM messages m WHERE m.id = $5 AND m.session_id = s.id)
           END AS cursor
    FROM sessions s JOIN members member ON member.session_id = s.id AND member.user_id = $2
    WHERE s.id = $1
)
SELECT session.head, session.expires_at, session.epoch, session.cursor, following.*
FROM session
LEFT JOIN LATERAL (
    SELECT m.id, m.seq, m.change, m.rev, m.user_id, m.role, m.content, m.metadata, m.created_at, m.edited_at, m.deleted_at
    FROM messages m
    WHERE m.session_id = session.id AND m.change > session.cursor
    ORDER BY m.change
    LIMIT $6
) following ON true
ORDER BY following.change

-- Makes a session, empty and as old as its first message.
-- $1 session  $2 time of its first message  $3 how long it lives from now, an interval as text
INSERT INTO sessions (id, changed_at, created_at, expires_at, retained_from)
VALUES ($1, $2::timestamptz - interval '1 microsecond', $2, now() + $3::text::interval, $2)

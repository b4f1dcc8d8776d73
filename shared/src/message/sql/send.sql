-- Stores a message (infra/migrations/V9__cheaper_send.sql has the function and its outcomes).
-- $1 session id  $2 the sender's user id  $3 idempotency key  $4 an id for the message  $5 text  $6 metadata, JSON as text
-- $7 how long the session lives on after this message, an interval as text
SELECT outcome, id, seq, change, role, created_at, epoch, audience
FROM message_send($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::interval)

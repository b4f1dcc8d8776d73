-- Stores several messages in one transaction (infra/migrations/V10__send_together.sql has the function).
-- $1 session ids  $2 the senders' user ids  $3 idempotency keys  $4 ids for the messages  $5 texts  $6 metadata, JSON as text
-- $7 how long a session lives on after its message, an interval as text
-- One row a message; `place` counts them from 1.
SELECT place, (sent).outcome, (sent).id, (sent).seq, (sent).change, (sent).role, (sent).created_at, (sent).epoch, (sent).audience
FROM message_send_together($1, $2, $3, $4, $5, $6::text[]::jsonb[], $7::text::interval)

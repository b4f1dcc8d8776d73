-- Stores several messages in one transaction, each by its own call of `message_send` (infra/migrations has it and its outcomes).
-- $1 session ids  $2 the senders' user ids  $3 idempotency keys  $4 ids for the messages  $5 texts  $6 metadata, JSON as text
-- $7 how long a session lives on after its message, an interval as text
-- In the order of the sessions' ids, as whoever else locks several sessions does: two in different orders would wait for each other for
-- ever. Within a session in the order of the arguments. `place` counts them from 1.
SELECT place, outcome, id, seq, change, role, created_at, epoch, audience
FROM (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[])
        WITH ORDINALITY AS draft (session_id, user_id, key, message_id, content, metadata, place)
    ORDER BY session_id, place
) draft,
LATERAL message_send(session_id, user_id, key, message_id, content, metadata::jsonb, $7::text::interval)

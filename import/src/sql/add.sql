-- Adds messages that follow the session's last change, and moves the session on. An author speaks in the role that he has as a member.
-- $1 session  $2 how long it lives from now, an interval as text  $3 seqs  $4 ids  $5 users  $6 roles  $7 keys  $8 texts  $9 metadata
-- $10 times
WITH added AS (
    INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, metadata, created_at)
    SELECT $1, a.seq, a.seq, a.id, a.user_id, coalesce(m.role, a.role), a.key,
           sha256(convert_to(a.content || chr(1) || a.metadata::jsonb::text, 'UTF8')), a.content, a.metadata::jsonb, a.at
    FROM unnest($3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[])
             AS a(seq, id, user_id, role, key, content, metadata, at)
    LEFT JOIN members m ON m.session_id = $1 AND m.user_id = a.user_id
    RETURNING seq, created_at
)
UPDATE sessions s
SET change = (SELECT max(seq) FROM added),
    changed_at = (SELECT max(created_at) FROM added),
    expires_at = greatest(s.expires_at, now() + $2::text::interval),
    retained_from = least(s.retained_from, (SELECT min(created_at) FROM added))
WHERE s.id = $1

-- {many} messages of a user in an empty session, each {name} and its number, some with {more}. {session} and {user} are UUIDs.
INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at)
SELECT '{session}', n, n, gen_random_uuid(), '{user}', 'owner', 'fill-' || n, '', '{name} ' || n || CASE WHEN n % 100 IN (0, 1) THEN '' ELSE repeat(' {more}', n % 40) END,
       now() - ({many} - n) * interval '7 minutes'
FROM generate_series(1, {many}) AS n;
UPDATE sessions SET change = {many} WHERE id = '{session}';

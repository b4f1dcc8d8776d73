-- Fills an empty database. The arguments are put in as text, since several statements take none.
-- :sessions how many sessions  :messages how many messages each has
INSERT INTO users (id) SELECT gen_random_uuid() FROM generate_series(1, 20000);
CREATE TEMP TABLE people AS SELECT id, row_number() OVER () - 1 AS n FROM users;
CREATE TEMP TABLE places AS
SELECT n, ('0198' || lpad(to_hex(n), 8, '0') || '7000a' || substr(md5(n::text), 1, 15))::uuid AS id
FROM generate_series(1, :sessions) n;
INSERT INTO sessions (id, change, created_at, expires_at, retained_from)
SELECT id, :messages, now() - interval '60 days',
       CASE WHEN n % 2 = 0 THEN now() - n % 1000 * interval '1 minute' ELSE now() + interval '29 days' END,
       now() - interval '60 days'
FROM places;
INSERT INTO members (session_id, user_id, role)
SELECT s.id, p.id, 'owner' FROM places s JOIN people p ON p.n = s.n % 20000
UNION ALL
SELECT s.id, p.id, 'member' FROM places s JOIN people p ON p.n = (s.n + 7) % 20000;
INSERT INTO messages (session_id, seq, change, id, user_id, role, idempotency_key, body_digest, content, created_at)
SELECT s.id, m, m, gen_random_uuid(), p.id, 'owner', m::text, sha256(m::text::bytea),
       repeat('A message of some length. ', 4), now() - interval '60 days' + m * interval '1 hour'
FROM generate_series(1, :messages) m, places s JOIN people p ON p.n = s.n % 20000;
ANALYZE;
CHECKPOINT;

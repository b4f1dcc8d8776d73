-- {many} sessions of a user, older than what there is. {user} is a UUID.
WITH session AS (
    INSERT INTO sessions (id, title, created_at, changed_at, expires_at)
    SELECT gen_random_uuid(), 'Conversation ' || n, now() - n * interval '1 hour', now() - n * interval '1 hour', now() + interval '90 days'
    FROM generate_series(1, {many}) AS n
    RETURNING id
)
INSERT INTO members (session_id, user_id, role) SELECT id, '{user}', 'owner' FROM session;

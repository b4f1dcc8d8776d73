-- Makes the authors users and members, where they are not. The first one who is no assistant owns a session that has no owner.
-- $1 session  $2 users  $3 their roles, member or assistant, in the order of their messages
WITH author AS (
    SELECT DISTINCT ON (a.id) a.id, a.role, a.place
    FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY a(id, role, place) ORDER BY a.id, a.place
), made AS (
    INSERT INTO users (id) SELECT id FROM author ON CONFLICT DO NOTHING
), owner AS (
    SELECT id FROM author
    WHERE role <> 'assistant' AND NOT EXISTS (SELECT FROM members m WHERE m.session_id = $1 AND m.role = 'owner')
    ORDER BY place LIMIT 1
)
INSERT INTO members (session_id, user_id, role)
SELECT $1, a.id, CASE WHEN a.id = (SELECT id FROM owner) THEN 'owner' ELSE a.role END FROM author a
ON CONFLICT (session_id, user_id) DO UPDATE SET role = 'owner' WHERE EXCLUDED.role = 'owner'

-- Gives a user credentials; creates the user first where there is none yet (a guest exists already). No row for a service, which signs in
-- with its key: whoever has stolen that would keep the user when the key is changed.
-- $1 user id  $2 locale, for a new user  $3 e-mail address in lower case  $4 password hash
WITH created AS (
    INSERT INTO users (id, locale) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id, locale
), signed_up AS (
    INSERT INTO credentials (user_id, email, password_hash)
    SELECT $1, $3, $4 WHERE NOT EXISTS (SELECT FROM services s WHERE s.user_id = $1)
    RETURNING user_id
), users_now AS (
    SELECT id, locale FROM created UNION ALL SELECT id, locale FROM users WHERE id = $1
)
SELECT u.locale FROM users_now u JOIN signed_up s ON s.user_id = u.id

-- Gives a user credentials; creates the user first where there is none yet (a guest exists already).
-- $1 user id  $2 locale, for a new user  $3 e-mail address in lower case  $4 password hash
WITH created AS (
    INSERT INTO users (id, locale) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING locale
), signed_up AS (
    INSERT INTO credentials (user_id, email, password_hash) VALUES ($1, $3, $4)
)
SELECT locale FROM created UNION ALL SELECT locale FROM users WHERE id = $1

-- Makes a service with a user of its own.
-- $1 id of its sign-in  $2 user id  $3 name  $4 SHA-256 of its key
WITH program AS (
    INSERT INTO users (id) VALUES ($2)
)
INSERT INTO services (id, user_id, name, digest) VALUES ($1, $2, $3, $4)
RETURNING id, user_id, name, created_at, seen_at

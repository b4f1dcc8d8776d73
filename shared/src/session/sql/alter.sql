-- Gives a session another title or other settings (infra/migrations/V6__alterations.sql has the function and its outcomes).
-- $1 session id  $2 user id  $3 the version that the client saw, null for any  $4 whether there is a title  $5 title or null
-- $6 settings, JSON as text, null to keep them
SELECT outcome, title, settings, version, audience FROM session_alter($1, $2, $3, $4, $5, $6::text::jsonb)

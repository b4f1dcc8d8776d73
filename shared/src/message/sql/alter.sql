-- Edits or deletes a message (infra/migrations/V6__alterations.sql has the function and its outcomes).
-- $1 session id  $2 user id  $3 message id  $4 the revision that the client saw  $5 text, null to delete  $6 metadata, JSON as text, null
-- to keep it  $7 how long the session lives on after this, an interval as text
SELECT * FROM message_alter($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::interval)

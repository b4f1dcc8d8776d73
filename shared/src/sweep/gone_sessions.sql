-- Removes messages and idempotency keys of sessions that are gone.
-- $1 how many rows at most
SELECT worked, orphaned_messages, orphaned_keys FROM sweep_gone_sessions($1)

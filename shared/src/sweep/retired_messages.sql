-- Removes messages past retention and keeps their idempotency keys: a send may be repeated for ever.
-- $1 how many at most  $2 retention, an interval as text
SELECT worked, retired_messages, sessions FROM sweep_retired_messages($1, $2::text::interval)

-- Counts what has a lifetime of its own and is past it.
SELECT (SELECT count(*) FROM refresh_tokens WHERE expires_at <= now()) AS expired_tokens,
       (SELECT count(*) FROM invites WHERE expires_at <= now()) AS expired_invites,
       (SELECT count(*) FROM tickets WHERE expires_at <= now()) AS expired_tickets,
       (SELECT count(*) FROM attempts WHERE expires_at <= now()) AS expired_attempts

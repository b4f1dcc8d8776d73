-- What others said in a session after a place, among its newest 1,000 messages and without the deleted; 100 stands for 100 or more. It
-- begins at the end and looks no further: a service that posts and never reads would otherwise have its own messages counted over, all
-- of them in each of 200 sessions, whenever it lists them. A function, as in V6.
CREATE OR REPLACE FUNCTION session_unread(p_session uuid, p_user uuid, p_read_seq bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT count(*) FROM (
            SELECT FROM (
                SELECT m.user_id, m.deleted_at FROM messages m
                WHERE m.session_id = p_session AND m.seq > p_read_seq
                ORDER BY m.seq DESC
                LIMIT 1000
            ) newest
            WHERE newest.user_id <> p_user AND newest.deleted_at IS NULL
            LIMIT 100
        ) counted
    );
END $$;

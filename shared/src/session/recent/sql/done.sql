-- Forgets notes whose lists are gone. One that is being noted again is passed over, and one that was has another mark: both stay.
-- $1 session ids  $2 the mark of each
DELETE FROM unannounced WHERE session_id IN (
    SELECT u.session_id FROM unannounced u
    JOIN unnest($1::uuid[], $2::uuid[]) AS dropped(session_id, mark) USING (session_id, mark)
    FOR UPDATE OF u SKIP LOCKED
)

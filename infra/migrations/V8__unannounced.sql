-- What Redis was not told of, so that a list which it kept is not believed for long.

CREATE TABLE unannounced (
    session_id uuid PRIMARY KEY,
    mark       uuid NOT NULL
);
COMMENT ON TABLE  unannounced            IS 'Sessions that were altered while Redis could not be told. Readers of recent lists look here every few seconds, drop the lists, and then the rows; there are none as a rule.';
COMMENT ON COLUMN unannounced.session_id IS 'As in sessions, which may be gone.';
COMMENT ON COLUMN unannounced.mark       IS 'Another with each alteration: a row that was noted again meanwhile stays. UUID v7, so it tells when.';

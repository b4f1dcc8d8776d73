-- What the floor writes to, apart from the tables of the stack.
CREATE SCHEMA IF NOT EXISTS load_floor;
CREATE TABLE IF NOT EXISTS load_floor.sessions (
    id         uuid        PRIMARY KEY,
    change     bigint      NOT NULL,
    changed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS load_floor.messages (
    session_id uuid   NOT NULL,
    seq        bigint NOT NULL,
    content    text   NOT NULL,
    PRIMARY KEY (session_id, seq)
);

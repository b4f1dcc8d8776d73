// What both peers do for a message: one statement under the session's row lock and one trip to Redis, as the floor of `cargo dev load`.
// They know no limits, no idempotency, no memberships to check and no tokens: what they leave out is in their favour.

const { randomUUID } = require("node:crypto");
const { Pool } = require("pg");
const Redis = require("ioredis");

const KEPT = 200;
const SCHEMA = `
    CREATE SCHEMA IF NOT EXISTS peers;
    CREATE TABLE IF NOT EXISTS peers.sessions (
        id uuid PRIMARY KEY, change bigint NOT NULL DEFAULT 0, members uuid[] NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE IF NOT EXISTS peers.messages (
        session_id uuid NOT NULL, seq bigint NOT NULL, content text NOT NULL, PRIMARY KEY (session_id, seq)
    );`;
const SEND = `
    WITH next AS (UPDATE peers.sessions SET change = change + 1 WHERE id = $1 RETURNING change, members),
         stored AS (INSERT INTO peers.messages SELECT $1, next.change, $2 FROM next)
    SELECT change::int AS seq, members FROM next`;

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.CONNECTIONS || 8) });
const redis = new Redis(process.env.REDIS_URL, { enableAutoPipelining: false });

const sockets = (user) => `peers:sockets:${user}`;

// Every answer of the REST API that `cargo dev load` asks for.
const rest = {
    "POST /api/auth/guest": async () => {
        const id = randomUUID();
        return { user_id: id, access_token: id };
    },
    "POST /api/auth/ticket": async (user) => ({ url: process.env.SOCKET_URL, ticket: user }),
    "POST /api/chat/sessions": async (user) => {
        const id = randomUUID();
        await pool.query("INSERT INTO peers.sessions (id, members) VALUES ($1, ARRAY[$2::uuid])", [id, user]);
        return { session_id: id };
    },
    "POST /api/chat/sessions/{id}/members": async (_user, { id }, { user_id }) => {
        await pool.query("UPDATE peers.sessions SET members = members || $2::uuid WHERE id = $1", [id, user_id]);
        return {};
    },
};

async function migrate() {
    await pool.query(SCHEMA);
}

// Stores a message. Gives it, and the sockets of all members as Redis knows them.
async function store(frame) {
    const { rows } = await pool.query({ name: "send", text: SEND, values: [frame.session_id, frame.content] });
    const { seq, members } = rows[0];
    const key = `peers:recent:${frame.session_id}`;
    const pipeline = redis.pipeline().rpush(key, frame.content).ltrim(key, -KEPT, -1).expire(key, 3600);
    members.forEach((member) => pipeline.smembers(sockets(member)));
    const answers = await pipeline.exec();
    const message = { id: randomUUID(), session_id: frame.session_id, seq, change: seq, content: frame.content };
    return { message, members, connections: answers.slice(3).flatMap(([, connections]) => connections) };
}

const pushed = (message) => JSON.stringify({ type: "message", message, prev: message.seq - 1 });
const ack = (frame, message) => JSON.stringify({ type: "ack", id: frame.id, message, duplicate: false });

module.exports = { ack, migrate, pushed, redis, rest, sockets, store };

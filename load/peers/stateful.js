// The peer as a server that holds its sockets: two processes, which tell each other by Redis.

const cluster = require("node:cluster");
const http = require("node:http");
const Redis = require("ioredis");
const { WebSocketServer } = require("ws");

const PORT = 3200;
const CHANNEL = "peers:messages";
process.env.SOCKET_URL = `ws://127.0.0.1:${PORT}/`;

const { ack, migrate, pushed, redis, rest, store } = require("./chat");

function routed(request) {
    const [path] = request.url.split("?");
    const [, id] = path.match(/^\/api\/chat\/sessions\/([^/]+)\/members$/) || [];
    return id ? ["POST /api/chat/sessions/{id}/members", { id }] : [`${request.method} ${path}`, {}];
}

async function answer(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const user = (request.headers.authorization || "").replace("Bearer ", "");
    const [route, parameters] = routed(request);
    const answered = await rest[route](user, parameters, JSON.parse(body || "{}"));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answered));
}

function work() {
    const bySockets = new Map();
    const server = http.createServer(answer);
    new WebSocketServer({ server }).on("connection", (socket, request) => {
        const user = new URL(request.url, "http://local").searchParams.get("ticket");
        bySockets.set(user, (bySockets.get(user) || new Set()).add(socket));
        const name = `${process.pid}:${Math.random()}`;
        socket.name = name;
        socket.on("close", () => bySockets.get(user).delete(socket));
        socket.on("message", async (data) => {
            const frame = JSON.parse(data);
            if (frame.type !== "message") return;
            const { message, members } = await store(frame);
            await redis.publish(CHANNEL, JSON.stringify({ members, own: name, text: pushed(message) }));
            socket.send(ack(frame, message));
        });
    });
    const told = new Redis(process.env.REDIS_URL);
    told.subscribe(CHANNEL);
    told.on("message", (_channel, data) => {
        const { members, own, text } = JSON.parse(data);
        for (const member of members)
            for (const socket of bySockets.get(member) || []) if (socket.name !== own) socket.send(text);
    });
    server.listen(PORT, "127.0.0.1");
}

if (cluster.isPrimary) {
    migrate().then(() => {
        cluster.fork();
        cluster.fork();
        console.log(`http://127.0.0.1:${PORT}`);
    });
} else {
    work();
}

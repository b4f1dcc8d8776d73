// The peer as functions behind an emulated API Gateway.

const {
    ApiGatewayManagementApiClient,
    GoneException,
    PostToConnectionCommand,
} = require("@aws-sdk/client-apigatewaymanagementapi");
const { ack, migrate, pushed, redis, rest, sockets, store } = require("./chat");

const management = new ApiGatewayManagementApiClient({
    endpoint: process.env.MANAGEMENT_URL,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
const ready = migrate();

module.exports.api = async (event) => {
    await ready;
    const user = (event.headers.authorization || "").replace("Bearer ", "");
    const answer = await rest[event.routeKey](user, event.pathParameters || {}, JSON.parse(event.body || "{}"));
    return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
};

module.exports.connect = async (event) => {
    await redis.sadd(sockets(event.queryStringParameters.ticket), event.requestContext.connectionId);
    return { statusCode: 200 };
};

module.exports.disconnect = async () => ({ statusCode: 200 });

module.exports.message = async (event) => {
    const frame = JSON.parse(event.body);
    const own = event.requestContext.connectionId;
    const { message, connections } = await store(frame);
    const Data = pushed(message);
    await Promise.all(
        connections
            .filter((connection) => connection !== own)
            .map((ConnectionId) =>
                management.send(new PostToConnectionCommand({ ConnectionId, Data })).catch((error) => {
                    if (!(error instanceof GoneException)) throw error;
                }),
            ),
    );
    return { statusCode: 200, body: ack(frame, message) };
};

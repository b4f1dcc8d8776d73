"""Python websockets and boto3 against a stack of local/transcripts. Usage: websockets_and_boto3.py HOST:PORT"""

import asyncio
import base64
import json
import sys

import boto3
import websockets

ADDRESS = sys.argv[1]
SOCKET = f"ws://{ADDRESS}/transcript?token=allow"
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "local", "aws_secret_access_key": "local"}


async def talks():
    """A socket that offers permessage-deflate, as this library does by itself."""
    async with websockets.connect(SOCKET) as socket:
        await socket.send('{"action":"whoami"}')
        connection = await socket.recv()
        assert len(connection) == 16, connection
        await socket.send('{"action":"nowhere"}')
        assert json.loads(await socket.recv())["message"] == "Forbidden"
        await (await socket.ping())
    return connection


async def is_refused():
    try:
        await websockets.connect(f"ws://{ADDRESS}/transcript?token=deny")
    except websockets.exceptions.InvalidStatus as refusal:
        assert refusal.response.status_code == 403, refusal
    else:
        raise AssertionError("a denied socket opened")


async def is_closed(frame, code):
    async with websockets.connect(SOCKET) as socket:
        await socket.send(frame)
        try:
            await asyncio.wait_for(socket.recv(), 5)
        except websockets.exceptions.ConnectionClosed as closed:
            assert closed.rcvd.code == code, closed
        else:
            raise AssertionError(f"the socket stayed open, {code} was due")


async def is_managed():
    """@connections, with the errors that boto3 has types for."""
    api = boto3.client("apigatewaymanagementapi", endpoint_url=f"http://{ADDRESS}/transcript", **ACCOUNT)
    async with websockets.connect(SOCKET, user_agent_header="Client/1", max_size=None) as socket:
        await socket.send('{"action":"whoami"}')
        connection = await socket.recv()
        call = asyncio.to_thread
        await call(api.post_to_connection, ConnectionId=connection, Data=b"hello")
        assert await socket.recv() == "hello"
        description = await call(api.get_connection, ConnectionId=connection)
        assert description["Identity"]["UserAgent"] == "Client/1", description
        assert description["ConnectedAt"] <= description["LastActiveAt"], description
        try:
            await call(api.post_to_connection, ConnectionId=connection, Data=b"x" * 131073)
        except api.exceptions.PayloadTooLargeException:
            pass
        else:
            raise AssertionError("131,073 bytes were taken")
        await call(api.delete_connection, ConnectionId=connection)
        await socket.wait_closed()
        assert socket.close_code == 1000, socket.close_code
        for method in (api.get_connection, api.delete_connection):
            try:
                await call(method, ConnectionId=connection)
            except api.exceptions.GoneException:
                continue
            raise AssertionError("a deleted connection is there")


def invokes():
    """The Invoke API: a result, a failure, and the log of an invocation."""
    functions = boto3.client("lambda", endpoint_url=f"http://{ADDRESS}", **ACCOUNT)
    result = functions.invoke(FunctionName="Echo", Payload=b'{"answer":"text"}', LogType="Tail")
    assert json.load(result["Payload"]) == {"statusCode": 200, "body": "plain"}
    assert result["ExecutedVersion"] == "$LATEST"
    log = base64.b64decode(result["LogResult"]).decode()
    lines = log.splitlines()
    request = result["ResponseMetadata"]["RequestId"]
    assert any(line.startswith(f"START RequestId: {request} Version: $LATEST") for line in lines), log
    assert lines[-1].startswith(f"REPORT RequestId: {request}\tDuration: "), log
    failure = functions.invoke(FunctionName="Echo", Payload=b'{"answer":"fail"}')
    assert failure["FunctionError"] == "Unhandled", failure
    assert json.load(failure["Payload"])["errorMessage"] == "as asked"
    queued = functions.invoke(FunctionName="Echo", Payload=b"{}", InvocationType="Event")
    assert queued["StatusCode"] == 202, queued
    try:
        functions.invoke(FunctionName="Nobody")
    except functions.exceptions.ResourceNotFoundException:
        return
    raise AssertionError("a function that is not there was invoked")


async def main():
    await talks()
    await is_refused()
    await is_closed(b"\1\2\3", 1003)
    await is_closed('{"pad":"' + "x" * 32768 + '"}', 1009)
    print(f"websockets {websockets.__version__}: ok")
    await is_managed()
    invokes()
    print(f"boto3 {boto3.__version__}: ok")


asyncio.run(main())

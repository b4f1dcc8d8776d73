"""$connect: remembers the connection."""

import connections


def handler(event, context):
    connections.add(event["requestContext"]["connectionId"])
    return {"statusCode": 200, "body": "Connected."}

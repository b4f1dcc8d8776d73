"""sendmessage: posts `data` to every connection, the sender's as well, and forgets those that are gone."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

import connections


def post(connection_id, data):
    url = os.environ["MANAGEMENT_URL"] + "/@connections/" + urllib.parse.quote(connection_id)
    urllib.request.urlopen(urllib.request.Request(url, data.encode(), method="POST")).close()


def handler(event, context):
    data = json.loads(event["body"])["data"]
    for connection_id in connections.every():
        try:
            post(connection_id, data)
        except urllib.error.HTTPError as error:
            if error.code != 410:
                raise
            connections.remove(connection_id)
    return {"statusCode": 200, "body": "Data sent."}

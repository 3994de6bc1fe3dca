"""A stdio MCP server without an SDK: a call is announced to the open subscription before it is answered."""

import json
import sys


def say(**message: object) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


subscription = None
for line in sys.stdin:
    request = json.loads(line)
    meta = {"_meta": {"io.modelcontextprotocol/subscriptionId": subscription}}
    match request.get("method"):
        case "initialize":
            say(id=request["id"], error={"code": -32601, "message": "Method not found"})
        case "tools/list":
            say(id=request["id"], result={"tools": []})
        case "subscriptions/listen":
            subscription = request["id"]
            meta = {"_meta": {"io.modelcontextprotocol/subscriptionId": subscription}}
            say(method="notifications/subscriptions/acknowledged", params=meta)
        case "tools/call":
            say(method="notifications/tools/list_changed", params=meta)
            say(id=request["id"], result={"content": [{"type": "text", "text": "announced"}]})

"""A stdio MCP server that answers with the results in a file, which a test changes while it runs."""

import json
import sys
from pathlib import Path

for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        results = json.loads(Path(sys.argv[1]).read_text())
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": results.get(message["method"], {})}
        print(json.dumps(answer), flush=True)  # noqa: T201 - this is how it answers

"""A stdio MCP server that answers with the results in a file, which a test changes while it runs.

A result that is text is the line of the answer itself, in which `$ID` stands for the request's id.
"""

import json
import sys
from pathlib import Path

for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        results = json.loads(Path(sys.argv[1]).read_text())
        result = results.get(message["method"], {})
        answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        written = result.replace("$ID", str(message["id"])) if isinstance(result, str) else answer
        print(written, flush=True)  # noqa: T201 - this is how it answers

TOOL_SPEC = {
    "name": "tail_log",
    "description": "Last lines of a log",
    "inputSchema": {"json": {"type": "object", "properties": {"lines": {"type": "integer"}}}},
}


def tail_log(tool, **kwargs):
    with open("/var/log/app.log") as handle:
        return {"status": "success", "content": [{"text": handle.read()[-2000:]}]}

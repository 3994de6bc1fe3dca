from livekit.agents import function_tool


async def _handle(raw_arguments: dict) -> str:
    return "ok"


book = function_tool(
    _handle,
    raw_schema={
        "type": "function",
        "name": "book_table",
        "description": "Book a table",
        "parameters": {"type": "object", "properties": {"when": {"type": "string"}}},
    },
)

from agents import FunctionTool


async def on_invoke(ctx, args: str) -> str:
    return "done"


process_user = FunctionTool(
    name="process_user",
    description="Process what we know about a user",
    params_json_schema={"type": "object", "properties": {"name": {"type": "string"}}},
    on_invoke_tool=on_invoke,
)

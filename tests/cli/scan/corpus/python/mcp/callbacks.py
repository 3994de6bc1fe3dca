import mcp_types as types
from mcp.server.lowlevel import Server


async def list_tools(ctx, params) -> types.ListToolsResult:
    return types.ListToolsResult(
        tools=[types.Tool(name="echo", description="Say it again", input_schema={"type": "object"})]
    )


async def call_tool(ctx, params):
    return types.CallToolResult(content=[])


server = Server("echo", on_list_tools=list_tools, on_call_tool=call_tool)

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

params = StdioServerParameters(command="uvx", args=["mcp-server-time"])


async def main():
    async with stdio_client(params) as (read, write):
        async with ClientSession(read, write) as session:
            listed = await session.list_tools()
            await session.call_tool("get_current_time", {"timezone": "UTC"})

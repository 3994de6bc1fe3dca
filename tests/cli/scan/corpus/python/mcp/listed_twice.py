import sys

from mcp.server import Server
from mcp.types import Tool

server = Server("tides")


@server.list_tools()
async def handle_list_tools():
    return [Tool(name="next_tide", description="The next tide", inputSchema={"type": "object"})]


if "--help" in sys.argv:
    for shown in [Tool(name="next_tide", description="The next tide", inputSchema={"type": "object"})]:
        print(shown.name)

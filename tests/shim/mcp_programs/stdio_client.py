"""Starts each of the commands that come as JSON on its input, and prints the names of the tools of each.

It gives its servers few variables, as the official SDK's client does and with it most programs.
"""

import asyncio
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def tools_of(words: list[str]) -> list[str]:
    server = StdioServerParameters(command=words[0], args=words[1:])
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        await session.call_tool("greet", {"who": "Ada"})
        return [tool.name for tool in tools]


async def main() -> None:
    commands = json.load(sys.stdin)
    listed = await asyncio.gather(*map(tools_of, commands.values()))
    sys.stdout.write(json.dumps(dict(zip(commands, listed, strict=True))))


asyncio.run(main())

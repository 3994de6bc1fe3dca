"""Lists the tools of an MCP server with the official SDK, of either line: `list_tools.py URL`, or `... COMMAND...`."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession, StdioServerParameters

URL, *ARGUMENTS = sys.argv[1:]


def command() -> StdioServerParameters:
    return StdioServerParameters(command=URL, args=ARGUMENTS, env=dict(os.environ))


@asynccontextmanager
async def connected() -> AsyncIterator[Any]:
    try:
        from mcp import Client
    except ImportError:  # the 1.x line
        async with streams() as pair, ClientSession(*pair[:2]) as session:
            await session.initialize()
            yield session
    else:
        async with Client(URL if URL.startswith("http") else command()) as client:
            yield client


def streams() -> Any:
    if URL.startswith("http"):
        from mcp.client.streamable_http import streamablehttp_client

        return streamablehttp_client(URL)
    from mcp.client.stdio import stdio_client

    return stdio_client(command())


async def main() -> None:
    async with connected() as client:
        tools = (await client.list_tools()).tools
        sys.stdout.write(json.dumps([tool.model_dump(by_alias=True, exclude_none=True) for tool in tools]))


asyncio.run(main())

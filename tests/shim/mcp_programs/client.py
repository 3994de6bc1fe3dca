"""An MCP client on the official SDK, of either line: `client.py MODE URL`; prints what it sees as JSON."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import ClientSession

MODE, URL = sys.argv[1:]


@asynccontextmanager
async def connected() -> AsyncIterator[Any]:
    if MODE in ("auto", "legacy", "2026-07-28"):
        from mcp import Client

        async with Client(URL, mode=MODE) as client:
            yield client
        return
    if MODE == "sse":
        from mcp.client.sse import sse_client as connect
    else:
        from mcp.client.streamable_http import streamablehttp_client as connect
    async with connect(URL) as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        yield session


async def main() -> None:
    async with connected() as client:
        tools = [tool.model_dump(by_alias=True, exclude_none=True) for tool in (await client.list_tools()).tools]
        greeting = await client.call_tool("greet", {"who": "Ada"})
        failure = await client.call_tool("fail", {"why": "because"})
        long = await client.call_tool("repeat", {"letter": "x", "count": 100_000})
        seen = [
            [answer.content[0].text, bool(getattr(answer, "isError", getattr(answer, "is_error", False)))]
            for answer in (greeting, failure, long)
        ]
        sys.stdout.write(json.dumps({"tools": tools, "answers": seen}))


asyncio.run(main())

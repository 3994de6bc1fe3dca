"""An MCP server on the official SDK, of either line: `greeter.py stdio`, or `greeter.py PORT` for streamable HTTP."""

import asyncio
import os
import sys

try:
    from mcp.server import MCPServer as Server
except ImportError:  # the 1.x line
    from mcp.server.fastmcp import FastMCP as Server

server = Server("greeter")


@server.tool()
def greet(who: str) -> str:
    """Greet someone by name."""
    return f"hello {who}"


@server.tool()
def repeat(letter: str, count: int) -> str:
    """Return a letter many times."""
    return letter * count


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(why)


@server.tool()
async def wait(seconds: float) -> str:
    """Wait."""
    await asyncio.sleep(seconds)
    return "done"


@server.tool()
def end() -> str:
    """End the process of the server."""
    os._exit(3)


if sys.argv[1] == "stdio":
    server.run("stdio")
else:
    import uvicorn

    uvicorn.run(server.streamable_http_app(), port=int(sys.argv[1]), log_level="error")

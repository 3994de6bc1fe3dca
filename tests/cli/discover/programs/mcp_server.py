"""An MCP server on the official SDK of either line: `mcp_server.py http|sse|auth PORT`."""

import sys

import uvicorn

try:
    from mcp.server import MCPServer as Server
except ImportError:  # the 1.x line
    from mcp.server.fastmcp import FastMCP as Server

from mcp.server.auth.settings import AuthSettings

transport, port = sys.argv[1], int(sys.argv[2])


class NoToken:
    """Refuses every token."""

    async def verify_token(self, token: str) -> None:
        return None


settings = {}
if transport == "auth":
    own = f"http://127.0.0.1:{port}"
    settings = {
        "token_verifier": NoToken(),
        "auth": AuthSettings(issuer_url="http://127.0.0.1:1", resource_server_url=f"{own}/mcp", required_scopes=[]),
    }
server = Server("zoo", **settings)


@server.tool()
def read_page(name: str) -> str:
    """Read a page."""
    return name


@server.tool()
def delete_page(name: str) -> str:
    """Delete a page."""
    return name


app = server.sse_app() if transport == "sse" else server.streamable_http_app()
uvicorn.run(app, port=port, log_level="error")

from fastmcp import FastMCP


class Server:
    def __init__(self) -> None:
        self.mcp = FastMCP("files")
        self._register()

    def _register(self) -> None:
        @self.mcp.tool(name="remove_file")
        async def remove(path: str) -> str:
            """Remove a file."""
            import pathlib
            pathlib.Path(path).unlink()
            return path

        @self.mcp.resource("files://all")
        async def everything() -> str:
            return ""

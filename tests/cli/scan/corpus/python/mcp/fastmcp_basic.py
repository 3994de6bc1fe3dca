from mcp.server.fastmcp import Context, FastMCP

mcp = FastMCP("notes")


@mcp.tool()
def add_note(text: str, ctx: Context) -> str:
    """Add a note."""
    with open("notes.txt", "a") as handle:
        handle.write(text)
    return "added"


@mcp.tool
async def list_notes() -> list[str]:
    """List the notes."""
    return open("notes.txt").read().splitlines()


@mcp.resource("notes://{name}")
def note(name: str) -> str:
    """One note."""
    return name


@mcp.prompt()
def summarise() -> str:
    """Ask for a summary."""
    return "Summarise the notes"


if __name__ == "__main__":
    mcp.run()

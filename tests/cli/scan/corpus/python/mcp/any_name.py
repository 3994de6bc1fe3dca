from fastmcp import FastMCP

lights_mcp = FastMCP("lights", instructions="Controls the lights")


@lights_mcp.tool(
    name="toggle_light",
    description="Turn one light on or off",
    annotations={"readOnlyHint": False, "destructiveHint": False},
)
def toggle(light: int) -> bool:
    return not STATE[light]


@lights_mcp.tool("dim", tags={"lights"})
def set_level(light: int, level: float) -> None:
    """Dim one light."""

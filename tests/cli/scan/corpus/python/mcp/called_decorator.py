from fastmcp import FastMCP

mcp = FastMCP("maths")


def square(x: float) -> float:
    """Square."""
    return x * x


def cube(x: float) -> float:
    """Cube."""
    return x**3


mcp.tool()(square)
mcp.tool(cube, name="third_power")

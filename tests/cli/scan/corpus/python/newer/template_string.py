from agents import function_tool


@function_tool
def render(name: str) -> str:
    """Render a greeting."""
    greeting = t"Hello {name}"
    return str(greeting)

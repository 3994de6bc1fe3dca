from agents import function_tool


@function_tool
def parse_number(text: str) -> float:
    """Parse a number."""
    try:
        return float(text)
    except ValueError, TypeError:
        return 0.0

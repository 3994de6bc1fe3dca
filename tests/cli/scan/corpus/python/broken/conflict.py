from langchain_core.tools import tool


@tool
def left(x: int) -> int:
    """Left."""
<<<<<<< HEAD
    return x + 1
=======
    return x + 2
>>>>>>> feature


@tool
def right(x: int) -> int:
    """Right."""
    return x

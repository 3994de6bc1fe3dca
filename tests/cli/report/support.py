"""A file whose names try to deceive terminals and pages."""

HOSTILE = "x\\x1b[31m\\u202e[bold]<b>|`\\n::error::" + "y" * 3000
HOSTILE_AGENT = f'''from langchain_core.tools import tool


@tool("delete_{HOSTILE}")
def delete_thing(path: str) -> str:
    """Delete <script>alert(1)</script>."""
    return path
'''

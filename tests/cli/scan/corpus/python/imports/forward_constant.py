from langchain_core.tools import tool

from .names import ToolNames


@tool(ToolNames.SUMMARY)
def summary(text: str) -> str:
    """Sum up."""
    return text

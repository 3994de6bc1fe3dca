from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode


@tool
def only_one(x: int) -> int:
    """The only one."""
    return x


my_tool = only_one
tool_node = ToolNode([only_one])
tools_by_name = {tool.name: tool for tool in [only_one]}
chosen = tools_by_name["only_one"]

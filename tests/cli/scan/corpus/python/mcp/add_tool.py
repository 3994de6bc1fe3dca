from fastmcp import FastMCP
from fastmcp.tools import Tool


class Inventory:
    def count(self, sku: str) -> int:
        """How many there are."""
        return 0

    def reserve(self, sku: str) -> bool:
        """Reserve one."""
        return True


def audit(sku: str) -> str:
    """Changes of an article."""
    return sku


mcp = FastMCP("inventory")
inventory = Inventory()
mcp.add_tool(inventory.count)
mcp.add_tool(inventory.reserve, name="reserve_item")
mcp.add_tool(Tool.from_function(fn=audit, name="audit_trail"))

from langchain_core.tools import StructuredTool, tool


def make_search(collection: str):
    @tool(f"search_{collection}")
    def search(query: str) -> str:
        """Search one collection."""
        return collection + query
    return search


def make_lookup(tool_name: str, table):
    def lookup(key: str) -> str:
        """Look a key up."""
        return table[key]
    return StructuredTool.from_function(func=lookup, name=tool_name, description="Look a key up")

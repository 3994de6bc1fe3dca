from langchain_core.tools import tool


def build_tools(store, read_only: bool = False):
    @tool
    def recall(key: str) -> str:
        """Recall what was noted under a key."""
        return store.get(key, "")

    @tool("remember")
    def note(key: str, value: str) -> str:
        """Note a value under a key."""
        store[key] = value
        return "noted"

    return [recall] if read_only else [recall, note]

from unittest.mock import MagicMock

from langchain_core.tools import BaseTool


class FakeTool(BaseTool):
    name: str = "fake"
    description: str = "Not a real one"

    def _run(self, query: str) -> str:
        return query


class MockSearchTool(BaseTool):
    name: str = "search"
    description: str = "Search"

    def _run(self, query: str) -> str:
        return "nothing"


tool = MagicMock(name="search_tool")
tool.name = "search"

from abc import ABC, abstractmethod

from langchain_core.tools import BaseTool


class CompanyTool(BaseTool, ABC):
    """Ancestor of our tools."""
    name: str = ""
    description: str = ""

    @abstractmethod
    def perform(self, text: str) -> str: ...

    def _run(self, text: str) -> str:
        return self.perform(text)

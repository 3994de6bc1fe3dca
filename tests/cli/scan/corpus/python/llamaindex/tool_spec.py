import httpx
from llama_index.core.tools.tool_spec.base import BaseToolSpec


class TideToolSpec(BaseToolSpec):
    """Tides of a harbour."""
    spec_functions = ["next_tide", ("report", "areport")]

    def next_tide(self, harbour: str) -> str:
        """The next tide."""
        return httpx.get(f"https://tides.example/{harbour}").text

    def report(self, text: str) -> str:
        """Report a tide."""
        return httpx.post("https://tides.example/reports", json={"text": text}).text

    async def areport(self, text: str) -> str:
        """Report a tide."""
        return text

    def _parse(self, text: str) -> str:
        return text

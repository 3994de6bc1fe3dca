"""Tool poisoning in the descriptions of tools that source code defines."""

from collections.abc import Iterable

from agentsentinel_cli.scan.model import PoisonFact, ToolFact
from agentsentinel_core.manifest.poison import poison_in


def find_poison(tools: Iterable[ToolFact]) -> tuple[PoisonFact, ...]:
    """Find poisoned descriptions and names of tools, at most one fact of each kind for each tool."""
    known = list(tools)
    names = {tool.name for tool in known if isinstance(tool.name, str)}
    return tuple(
        PoisonFact(found.kind, found.tool_name, found.excerpt, tool.place)
        for tool in known
        for found in poison_in(tool.name if isinstance(tool.name, str) else "", tool.description, names)
    )

"""Answers to what other files ask about one, in whatever language it is."""

from agentsentinel_cli.scan.facts import GrantFact, Symbol, ToolFact
from agentsentinel_core.light_dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What was found of the names asked for; a name of which nothing is known is in none of them."""

    functions: dict[str, ToolFact] = field(default_factory=dict)
    lists: dict[str, tuple[GrantFact, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    forwards: dict[str, Symbol] = field(default_factory=dict)

"""Answers to questions of other files about names in one file, for all languages."""

from agentsentinel_cli.scan.model import GrantFact, Symbol, ToolFact
from agentsentinel_core.light_dataclasses import dataclass, field


@dataclass(slots=True)
class ResolvedExports:
    """Definitions of the names asked for, by kind; a name that is not resolved is in none of the dictionaries."""

    functions: dict[str, ToolFact] = field(default_factory=dict)
    lists: dict[str, tuple[GrantFact, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    forwards: dict[str, Symbol] = field(default_factory=dict)

"""The manifest of an MCP server: its instructions, tools, prompts, resources and skills, as the server states them.

Definitions are kept whole, with members that no version of the protocol knows: a model or a client may
read each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from agentsentinel_core.light_dataclasses import dataclass

Definition = Mapping[str, Any]


class ItemKind(str, Enum):
    """Kind of thing that a server offers."""

    INSTRUCTIONS = "instructions"
    TOOL = "tool"
    PROMPT = "prompt"
    RESOURCE = "resource"
    RESOURCE_TEMPLATE = "resource-template"
    SKILL = "skill"


_NAMED_BY = {ItemKind.RESOURCE: "uri", ItemKind.RESOURCE_TEMPLATE: "uriTemplate", ItemKind.SKILL: "uri"}
"""Member that identifies an item; `name` where none is given."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a server offers, as it states it."""

    kind: ItemKind
    name: str
    """What identifies it among its kind: a name or a URI; empty for the instructions."""
    definition: Definition


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that one server offers to one principal."""

    server_name: str
    server_version: str
    items: tuple[Item, ...]
    """In the server's order."""
    lists_are_public: bool = False
    """Whether the server lets caches share its lists between principals (`cacheScope: public`)."""
    is_open: bool = True
    """Whether the server gave it without credentials."""

    def of(self, kind: ItemKind) -> Iterator[Item]:
        """Return the items of a kind."""
        return (item for item in self.items if item.kind is kind)


def items_of(kind: ItemKind, definitions: Sequence[Definition]) -> tuple[Item, ...]:
    """Return definitions as items; one without its identifying member has an empty name."""
    member = _NAMED_BY.get(kind, "name")
    return tuple(Item(kind, text_of(each, member), each) for each in definitions)


def text_of(definition: Definition, member: str) -> str:
    """Return a text member, or the empty string when it is missing or of another type."""
    value = definition.get(member)
    return value if isinstance(value, str) else ""

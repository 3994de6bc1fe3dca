"""Lists of definitions that a server gives page by page: joins the pages that belong together.

No input or output here. A client may leave a list half read, and read several at once, so a page belongs to the list
whose last page named its cursor.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentsentinel_core.manifest.model import Definition, ItemKind
from agentsentinel_shim.jsonrpc import fold

LISTS: Mapping[str, tuple[ItemKind, str]] = {
    "tools/list": (ItemKind.TOOL, "tools"),
    "prompts/list": (ItemKind.PROMPT, "prompts"),
    "resources/templates/list": (ItemKind.RESOURCE_TEMPLATE, "resourceTemplates"),
    "skills/list": (ItemKind.SKILL, "skills"),
}
"""Method -> what it lists, and the member of the result that holds the definitions."""
INTRODUCTIONS = ("initialize", "server/discover")
"""Methods whose result may hold the server's instructions."""
STEERING = frozenset({*LISTS, *INTRODUCTIONS})
"""Methods whose results steer the agent."""
MOST_OPEN = 100
"""Lists that are being read; beyond it the oldest is not joined any more."""
MOST_DEFINITIONS = 2_000
"""Definitions of one list; a longer one is never whole, and not pinned."""


@dataclass(frozen=True)
class Listed:
    """Definitions that a server offers, from one page of a list."""

    kind: ItemKind
    definitions: tuple[Definition, ...]
    whole: tuple[Definition, ...] | None = None
    """All definitions of the list, on its last page; None before, and when an earlier page was not seen."""
    principal: str = ""
    """Digest of whom the list is for; empty where it is for everyone."""
    client: str = ""
    """Who has asked for it."""
    is_public: bool = False
    """Whether the server lets caches share it between principals (`cacheScope: public`)."""


@dataclass(frozen=True)
class _Key:
    client: str
    principal: str
    kind: ItemKind
    cursor: str


class OpenLists:
    """Joins pages. Not safe to share between threads."""

    def __init__(self) -> None:
        self._open: OrderedDict[_Key, tuple[Definition, ...]] = OrderedDict()

    def page(
        self, method: str, params: Mapping[str, Any], result: Mapping[str, Any], client: str, principal: str
    ) -> Listed:
        """Take the answer to a request for one page of a list."""
        kind, member = LISTS[method]
        definitions = _definitions(result.get(member))
        is_public = result.get("cacheScope") == "public"
        principal = "" if is_public else principal
        cursor, following = params.get("cursor"), result.get("nextCursor")
        before: tuple[Definition, ...] | None = ()
        if cursor is not None:
            before = self._open.pop(_Key(client, principal, kind, str(cursor)), None)
        whole = None if before is None else (*before, *definitions)
        if whole is not None and len(whole) > MOST_DEFINITIONS:
            whole = None
        if following and whole is not None:
            self._open[_Key(client, principal, kind, str(following))] = whole
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        return Listed(kind, definitions, None if following else whole, principal, client, is_public)


def instructions_of(result: Mapping[str, Any], client: str, principal: str) -> Listed:
    """Return the instructions in a server's introduction; none is a whole list, too."""
    text = result.get("instructions")
    definitions: tuple[Definition, ...] = ({"text": text},) if isinstance(text, str) and text else ()
    is_public = result.get("cacheScope") == "public"
    return Listed(ItemKind.INSTRUCTIONS, definitions, definitions, "" if is_public else principal, client, is_public)


def is_plain_list(method: str, result: object) -> bool:
    """Whether a result is what the method asks for, and has no members that another parser takes for each other."""
    if not isinstance(result, dict) or len({fold(name) for name in result}) != len(result):
        return False
    return method not in LISTS or isinstance(result.get(LISTS[method][1]), list)


def _definitions(value: object) -> tuple[Definition, ...]:
    return tuple(each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()

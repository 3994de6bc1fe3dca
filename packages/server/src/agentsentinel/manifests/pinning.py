"""Pure functions of pinned manifests: digests, what is trusted at first sight, and what to say of a manifest.

Definitions are compared by the digest of their canonical JSON. The order of items counts only between items of the same
kind and name.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from agentsentinel.models.manifest import Definition, Lists
from agentsentinel_core.agents import DefectKind, DefinitionDefect, PoisonedText
from agentsentinel_core.manifest.changes import ItemChange, digest_of, item_changes
from agentsentinel_core.manifest.defects import defects_of
from agentsentinel_core.manifest.model import Item, ItemKind, Manifest, items_of
from agentsentinel_core.manifest.poison import poison_of

MOST_CHANGES = 50
"""Changes of a manifest that are kept, the worst ones."""
MOST_POISON = 30
MOST_DEFECTS = 30
MOST_TEXT = 200
"""Characters of a kept text. Names and details come from the server."""
_KEY_LENGTH = 1_000
"""Characters of a name among the digests."""
_MILDEST = (DefectKind.VAGUE, DefectKind.UNBOUNDED)

Digests = dict[str, dict[str, list[str]]]
"""Digests of definitions by kind and name; several of one name are in the server's order."""
ItemKey = tuple[str, str]
"""Kind and name of an item."""


class Judgement(NamedTuple):
    """What is to say of a manifest, bounded, in plain JSON."""

    changes: list[dict[str, Any]]
    """The worst changes: item, what, severity, and `now`, the beginning of the new definition's digest."""
    changes_count: int
    poison: list[dict[str, Any]]
    defects: list[dict[str, Any]]


def items_in(lists: Lists) -> tuple[Item, ...]:
    """Return the items of all lists, in the order of the kinds."""
    return tuple(item for kind in ItemKind if kind.value in lists for item in _items(kind.value, lists))


def digests_in(lists: Lists) -> Digests:
    """Return the digests of all definitions."""
    digests: Digests = {kind: {} for kind in lists}
    for item in items_in(lists):
        digests[item.kind.value].setdefault(_key(item), []).append(digest_of(item.definition))
    return digests


def digests_by_kind(digests: Digests) -> dict[str, str]:
    """Return one digest for each kind."""
    return {kind: digest_of(names) for kind, names in digests.items()}


def find_contradicted(digests: Digests, trusted: Iterable[Digests]) -> set[ItemKey]:
    """Return the items that have another definition than all those that are trusted under their name."""
    known = _union(trusted)
    return {
        (kind, name)
        for kind, names in digests.items()
        for name, found in names.items()
        if (kind, name) in known and not set(found) <= known[kind, name]
    }


def has_any(digests: Digests, keys: Iterable[ItemKey]) -> bool:
    """Whether any of these items is among the digests."""
    return any(name in digests.get(kind, {}) for kind, name in keys)


def _union(trusted: Iterable[Digests]) -> dict[ItemKey, set[str]]:
    known: dict[ItemKey, set[str]] = {}
    for digests in trusted:
        for kind, names in digests.items():
            for name, found in names.items():
                known.setdefault((kind, name), set()).update(found)
    return known


def replace_definitions(lists: Lists, trusted: Mapping[ItemKey, Definition]) -> Lists:
    """Return lists in which the definitions of these items are the trusted ones."""
    return {
        kind: [
            trusted.get((kind, _key(item)), each) for item, each in zip(_items(kind, lists), lists[kind], strict=True)
        ]
        for kind in lists
    }


def find_definitions(lists: Lists, wanted: set[ItemKey]) -> dict[ItemKey, Definition]:
    """Return the first definition of each of these items."""
    found: dict[ItemKey, Definition] = {}
    for kind in {kind for kind, _ in wanted} & lists.keys():
        for item, definition in zip(_items(kind, lists), lists[kind], strict=True):
            if (kind, _key(item)) in wanted:
                found.setdefault((kind, _key(item)), definition)
    return found


def judge(pinned: Lists, offered: Lists, *, lists_are_public: bool, is_open: bool) -> Judgement:
    """Compare what is offered with what is pinned, and examine it."""
    after = Manifest("", "", items_in(offered), lists_are_public=lists_are_public, is_open=is_open)
    changes = item_changes(Manifest("", "", items_in(pinned)), after)
    return Judgement(
        [_plain_change(change) for change in changes[:MOST_CHANGES]],
        len(changes),
        [_plain_poison(text) for text in islice(poison_of(after), MOST_POISON)],
        [_plain_defect(defect) for defect in sorted(defects_of(after), key=_mildness)[:MOST_DEFECTS]],
    )


def shorten(text: str) -> str:
    """Cut a text to `MOST_TEXT` characters."""
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _items(kind: str, lists: Lists) -> tuple[Item, ...]:
    return items_of(ItemKind(kind), lists[kind])


def _key(item: Item) -> str:
    return item.name[:_KEY_LENGTH]


def _plain_change(change: ItemChange) -> dict[str, Any]:
    return {
        "item": shorten(change.change.item),
        "what": shorten(change.change.what),
        "severity": change.change.severity.value,
        "now": digest_of(change.now.definition)[:8] if change.now is not None else "",
    }


def _plain_poison(text: PoisonedText) -> dict[str, Any]:
    return {"tool_name": shorten(text.tool_name), "kind": text.kind, "excerpt": shorten(text.excerpt)}


def _plain_defect(defect: DefinitionDefect) -> dict[str, Any]:
    return {"kind": defect.kind.value, "subject": shorten(defect.subject), "detail": shorten(defect.detail)}


def _mildness(defect: DefinitionDefect) -> int:
    return int(defect.kind in _MILDEST)

"""Changes between two manifests of the same server, graded by what they let the server do."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from agentsentinel_core.agents import DefinitionChange
from agentsentinel_core.findings import Severity
from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.manifest.defects import class_of
from agentsentinel_core.manifest.model import Definition, Item, ItemKind, Manifest, items_of
from agentsentinel_core.manifest.schema import nodes_of
from agentsentinel_core.tools.capability import ToolScope

_STEERS = frozenset({ItemKind.INSTRUCTIONS, ItemKind.SKILL})
"""Kinds whose text a model follows as it is."""
_BOUNDS = ("enum", "const", "pattern", "maxLength", "minLength", "maximum", "minimum", "maxItems", "format", "required")


@dataclass(frozen=True, slots=True)
class ItemChange:
    """Difference of one item, with what it was and is."""

    was: Item | None
    """None for a new item."""
    now: Item | None
    """None for a removed one."""
    change: DefinitionChange


def changes_between(before: Manifest, after: Manifest) -> tuple[DefinitionChange, ...]:
    """Return the changes, the worst first, then by name. The order of items is not a change."""
    return tuple(each.change for each in item_changes(before, after))


def item_changes(before: Manifest, after: Manifest) -> tuple[ItemChange, ...]:
    """Return the items that differ, in the order of `changes_between`."""
    found = _changes(before, after)
    return tuple(sorted(found, key=lambda each: (-each.change.severity.rank, each.change.item, each.change.what)))


def _changes(before: Manifest, after: Manifest) -> Iterator[ItemChange]:
    old, new = _by_name(before), _by_name(after)
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            yield ItemChange(None, now, _added(now))
        elif now is None and was is not None:
            yield ItemChange(was, None, DefinitionChange(_shown(was), "removed", Severity.LOW))
        elif was is not None and now is not None and digest_of(was.definition) != digest_of(now.definition):
            yield ItemChange(was, now, _changed(was, now))


def canonical(definition: Definition) -> str:
    """Return the text of a definition that is equal exactly when its members are, in any order.

    Raises RecursionError for one that is nested too deeply.
    """
    return json.dumps(definition, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def digest_of(definition: Definition) -> str:
    """Return the SHA-256 of a definition's canonical text: 64 lower-case hexadecimal digits.

    A definition that is nested too deeply has no digest that another could have: the empty string.
    """
    try:
        text = canonical(definition)
    except RecursionError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def digests_of(kind: ItemKind, definitions: Sequence[Definition]) -> dict[str, list[str]]:
    """Return the digests of all definitions of a kind by the names of their items, sorted."""
    found: dict[str, list[str]] = {}
    for item in items_of(kind, definitions):
        found.setdefault(item.name, []).append(digest_of(item.definition))
    return {name: sorted(digests) for name, digests in sorted(found.items())}


def _by_name(manifest: Manifest) -> dict[tuple[ItemKind, str, int], Item]:
    """Return the items by kind and name; of items with the same name, each has its number."""
    found: dict[tuple[ItemKind, str, int], Item] = {}
    numbers: Counter[tuple[ItemKind, str]] = Counter()
    for item in manifest.items:
        found[item.kind, item.name, numbers[item.kind, item.name]] = item
        numbers[item.kind, item.name] += 1
    return found


def _added(item: Item) -> DefinitionChange:
    if item.kind in _STEERS:
        return DefinitionChange(_shown(item), "new", Severity.CRITICAL)
    if item.kind is not ItemKind.TOOL:
        return DefinitionChange(_shown(item), "new", Severity.LOW)
    if class_of(item).scope is ToolScope.READ:
        return DefinitionChange(_shown(item), "a new tool that reads", Severity.MEDIUM)
    return DefinitionChange(_shown(item), "a new tool that writes", Severity.HIGH)


def _changed(was: Item, now: Item) -> DefinitionChange:
    members = ", ".join(_differing(was.definition, now.definition))
    if now.kind in _STEERS:
        return DefinitionChange(_shown(now), f"changed: {members}", Severity.CRITICAL)
    if now.kind is ItemKind.TOOL and class_of(was).scope is ToolScope.READ is not class_of(now).scope:
        return DefinitionChange(_shown(now), f"now writes, changed: {members}", Severity.HIGH)
    if now.kind is ItemKind.TOOL and _is_wider(was.definition.get("inputSchema"), now.definition.get("inputSchema")):
        return DefinitionChange(_shown(now), f"takes more than before, changed: {members}", Severity.MEDIUM)
    return DefinitionChange(_shown(now), f"reworded: {members}", Severity.LOW)


def _differing(was: Definition, now: Definition) -> list[str]:
    """Return the names of members that differ, also where Python takes 1, 1.0 and True for equal."""
    return sorted(
        name
        for name in was.keys() | now.keys()
        if name not in was or name not in now or canonical({"": was[name]}) != canonical({"": now[name]})
    )


def _is_wider(was: object, now: object) -> bool:
    """Whether a schema accepts parameters or values that it did not. Bounds that moved count as wider."""
    old, new = _shapes(was), _shapes(now)
    if new.keys() - old.keys():
        return True
    return any(old[path] != shape for path, shape in new.items())


def _shapes(schema: object) -> dict[str, dict[str, Any]]:
    """Return type and bounds of each subschema; names of subschemas outside of properties go by their order."""
    found: dict[str, dict[str, Any]] = {}
    for number, node in enumerate(nodes_of(schema)):
        path = "/".join(node.path) if node.path is not None else f"#{number}"
        found[path] = {
            key: node.schema[key] for key in ("type", "additionalProperties", *_BOUNDS) if key in node.schema
        }
    return found


def _shown(item: Item) -> str:
    return f"{item.kind.value} {item.name}".strip()

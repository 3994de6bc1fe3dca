"""Walks over a JSON Schema of a stranger: bounded in nodes, without recursion, and never following a `$ref`."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MOST_NODES = 20_000
"""Most subschemas that are visited."""

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
"""Keywords whose value maps names to subschemas."""
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties",
    "not", "if", "then", "else",
)  # fmt: skip


class Node(NamedTuple):
    """One subschema."""

    schema: Mapping[str, Any]
    path: tuple[str, ...] | None
    """Names of the properties from the root to it; None when other keywords lie between."""
    depth: int
    """0 for the root."""


def nodes_of(schema: object) -> Iterator[Node]:
    """Return all subschemas, the root first, at most `MOST_NODES`; none for what is not an object."""
    waiting = [Node(schema, (), 0)] if isinstance(schema, Mapping) else []
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        waiting += reversed(list(_below(node)))


def _below(node: Node) -> Iterator[Node]:
    depth = node.depth + 1
    for keyword in _NAMED:
        children = node.schema.get(keyword)
        if isinstance(children, Mapping):
            for name, child in children.items():
                path = (*node.path, str(name)) if keyword == "properties" and node.path is not None else None
                if isinstance(child, Mapping):
                    yield Node(child, path, depth)
    for keyword in _LISTED:
        children = node.schema.get(keyword)
        if isinstance(children, list):
            yield from (Node(child, None, depth) for child in children if isinstance(child, Mapping))
    for keyword in _SINGLE:
        child = node.schema.get(keyword)
        if isinstance(child, Mapping):
            yield Node(child, None, depth)

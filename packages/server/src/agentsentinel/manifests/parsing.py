"""Parsing of reported manifests: megabytes that were written by a server that may be hostile.

Such a body is repaired instead of refused where PostgreSQL could not store it, since a server that is not reported is a
server that is not watched. Only its size is bounded: in bytes, in values, which take more memory than they take bytes,
and in depth.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from agentsentinel.errors import Invalid
from agentsentinel.kit.text import repair_json
from agentsentinel.wire.body import MAX_MANIFEST_BYTES, TooLarge

MOST_VALUES = 400_000
"""Values in a body: 2,000 tools with 200 values each."""
MOST_DEPTH = 100
"""Levels of lists and objects within each other. Schemas within schemas take two levels each."""
_INFINITE = (float("inf"), float("-inf"))


def parse(body: bytes) -> Any:
    """Parse a body. Raises ValueError for what is not JSON, TooLarge for too many values, and RecursionError."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise TooLarge(MAX_MANIFEST_BYTES, f"a manifest may hold {MOST_VALUES:,} values")
    # A number that no JSON can repeat, such as 1e400, stays what it was written as.
    return json.loads(repair_json(body, with_nul=True), parse_float=_finite, parse_constant=str)


def check_depth(definitions: Iterable[dict[str, Any]]) -> None:
    """Raise Invalid when one of these definitions nests more than `MOST_DEPTH` levels deep."""
    level: list[dict[str, Any] | list[Any]] = list(definitions)
    for _ in range(MOST_DEPTH):
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise Invalid(f"Definitions may nest {MOST_DEPTH} levels deep at most")


def _children(value: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any] | list[Any]]:
    children = value.values() if isinstance(value, dict) else value
    return (child for child in children if isinstance(child, (dict, list)))


def _finite(text: str) -> float | str:
    number = float(text)
    return text if number in _INFINITE else number

"""Digests of tool inputs and outputs: what leaves the agent's process instead of the data itself.

`hash_payload` is SHA-256 over canonical JSON (keys sorted by code point, no spaces, UTF-8), so two calls with the same
arguments have the same digest whatever the order of their members. It answers for *every* Python object and never
raises: it runs inside somebody else's agent. What JSON cannot hold is first turned into something it can, by rules
that depend neither on memory addresses nor on the order of dicts and sets:

| value                                   | becomes                                                                |
|-----------------------------------------|------------------------------------------------------------------------|
| dict and other mappings, dataclasses    | an object; keys that are not text become their own JSON text           |
| list, tuple                             | an array                                                               |
| set, frozenset                          | a tagged array, sorted                                                 |
| bytes, bytearray, memoryview            | a tagged digest of the bytes                                           |
| NaN, infinities, integers over 2000 bit | a tagged text                                                          |
| anything else                           | its type's name and its `repr` without addresses; never iterated       |
| a cycle, a level below 100, a node beyond the first million | a tag that says so                                 |

A digest tells equal from different. It is no secret: whoever can guess a short input can confirm the guess.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

DEEPEST_LEVEL = 100
"""Levels that are told apart; far under Python's recursion limit, far over any real tool call."""

MOST_NODES = 1_000_000
"""Values looked at. Shared references can make a tiny object expand without end, so there must be a bound."""

_LONGEST_INTEGER_BITS = 2000
"""Longer ones are written in hexadecimal: Python may refuse the decimal text of integers over 640 digits."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def hash_payload(payload: object) -> str:
    """The digest of a tool's input or output: 64 lower-case hexadecimal digits. Never raises."""
    return hashlib.sha256(canonical_json(payload).encode("utf-8", "surrogatepass")).hexdigest()


def canonical_json(value: object) -> str:
    """The text that is hashed: sorted keys, no spaces, non-ASCII characters as they are. Never raises."""
    try:
        return _dumps(_Reducer().reduce(value))
    except Exception:
        # Only a host that is itself at the edge of its stack or memory gets here; its agent must go on even so.
        return _dumps(_tag("unreadable"))


def _dumps(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _tag(kind: str, content: object = None) -> dict[str, object]:
    """How values without a JSON form are written, so that they cannot be taken for the text they resemble."""
    return {"$type": kind} if content is None else {"$type": kind, "$value": content}


class _Reducer:
    """One walk over one payload; remembers the way down (for cycles) and how much it has seen."""

    def __init__(self) -> None:
        self._way_down: set[int] = set()
        self._nodes_left = MOST_NODES

    def reduce(self, value: object) -> object:
        """The JSON form of `value`; what goes wrong inside one value stays inside that value."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            return self._cut()
        try:
            return self._scalar_or_deeper(value)
        except Exception:  # a property, an iterator or a metaclass of the host's own
            return _tag(_type_name(value))

    def _scalar_or_deeper(self, value: object) -> object:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str.__str__(value)  # a subclass may have its own idea of str()
        if isinstance(value, int):
            return _integer(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else _tag("float", repr(float(value)))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return _tag("bytes", hashlib.sha256(bytes(value)).hexdigest())
        return self._deeper(value)

    def _deeper(self, value: object) -> object:
        if id(value) in self._way_down:
            return _tag("circular")
        if len(self._way_down) >= DEEPEST_LEVEL:
            return _tag("too deep")
        self._way_down.add(id(value))
        try:
            return self._composite(value)
        finally:
            self._way_down.discard(id(value))

    def _composite(self, value: object) -> object:
        if isinstance(value, Mapping):
            return self._mapping(value.items())
        if isinstance(value, (list, tuple)):
            return [self.reduce(item) for item in self._affordable(value)]
        if isinstance(value, AbstractSet):
            return self._set(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._mapping((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return _tag(_type_name(value), _ADDRESS.sub("0x", repr(value)))

    def _affordable(self, items: Iterable[Any]) -> list[Any]:
        """At most one item more than may still be looked at: an endless iterator ends, and the cut shows."""
        return list(islice(items, max(self._nodes_left, 0) + 1))

    def _mapping(self, items: Iterable[tuple[object, object]]) -> object:
        affordable = self._affordable(items)
        if len(affordable) > self._nodes_left:
            return self._cut()  # which members come first depends on the order of the dict
        # Walked in the order of the keys, so that a cut deeper down falls on the same member whatever that order.
        members = sorted(((_key(key), _type_name(key), value) for key, value in affordable), key=_name)
        reduced = [(key, kind, self.reduce(value)) for key, kind, value in members]
        if len({key for key, _, _ in reduced}) == len(reduced):
            return {key: value for key, _, value in reduced}
        return _tag("mapping", sorted(reduced, key=_dumps))  # {1: "a", "1": "b"} must not lose a member

    def _set(self, items: AbstractSet[object]) -> object:
        reduced = sorted((self.reduce(item) for item in self._affordable(items)), key=_dumps)
        if self._nodes_left < 0:
            return self._cut()  # which members were cut depended on the order of the set
        return _tag("set", reduced)

    def _cut(self) -> object:
        """Give up this value and all that would come after it."""
        self._nodes_left = -1
        return _tag("beyond the node limit")


def _name(member: tuple[str, str, object]) -> tuple[str, str]:
    return member[:2]


def _key(key: object) -> str:
    is_text = issubclass(type(key), str)  # isinstance would ask the key for its class, and it may raise
    return str.__str__(key) if is_text else canonical_json(key)


def _integer(value: int) -> object:
    exact = int(value)
    return exact if exact.bit_length() <= _LONGEST_INTEGER_BITS else _tag("int", hex(exact))


def _type_name(value: object) -> str:
    try:
        return str(type(value).__qualname__)
    except Exception:
        return "object"

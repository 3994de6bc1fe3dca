"""Digests of tool inputs and outputs: what is kept instead of the data itself.

`hash_payload` is SHA-256 over canonical JSON (RFC 8785: members sorted, no spaces, numbers as ECMAScript writes them,
UTF-8), so two calls with the same arguments have the same digest, whatever the order of their members and whatever
language hashed them. With a key it is HMAC-SHA256. It answers for *every* Python object and never raises: it runs
inside somebody else's agent. What JSON cannot hold is first turned into something it can, by rules that depend neither
on memory addresses nor on the order of dicts and sets:

| value                                   | becomes                                                                |
|-----------------------------------------|------------------------------------------------------------------------|
| dict and other mappings                 | an object; keys that are not text become their own JSON text           |
| dataclasses, pydantic, attrs, msgspec   | an object of all their fields, also of those that `repr` leaves out    |
| list, tuple                             | an array                                                               |
| float                                   | a number; 1.0 is 1, as in JSON                                         |
| set, frozenset                          | a tagged array, sorted                                                 |
| bytes, bytearray, memoryview            | a tagged digest of the bytes                                           |
| NaN, infinities, integers over 2000 bit | a tagged text                                                          |
| arrays of numpy, and what gives one     | their type's name, `repr` and all their elements: a `repr` shows a few |
| anything else                           | its type's name and its `repr` without addresses; never iterated       |
| a cycle, a level below 100, a node beyond the first 100,000 | a tag that says so                                 |

Integers beyond 2**53 keep all their digits: RFC 8785 has no place for them, and rounding would make calls equal that
are not.

A plain digest tells equal from different. It is no secret: whoever can guess a short input can confirm the guess. A
keyed one can only be confirmed by who has the key.
"""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import hmac
import math
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

DEEPEST_LEVEL = 100
"""Levels that are told apart; far under Python's recursion limit, far over any real tool call."""

MOST_NODES = 100_000
"""Values looked at: some 0.1 s on the agent's thread. Shared references can make a tiny object expand without end."""

_LONGEST_INTEGER_BITS = 2000
"""Longer ones are written in hexadecimal: Python may refuse the decimal text of integers over 640 digits."""

codecs.lookup("utf-16-be")
# Loaded here: whoever loads it while another thread forks leaves the child an import lock that is never free.

_QUOTES_AND_ADDRESSES = re.compile(r"""\\.|['"]|( at )0x[0-9a-fA-F]{6,16}(?=[>;, ])""", re.DOTALL)
"""What `object.__repr__` and its like put into a `repr`, as in `<Row object at 0x7f0c3a1d2e80>`, and quotes.

Other hexadecimal numbers are content: an account, a hash, a colour.
"""


def hash_payload(payload: object, key: bytes | None = None) -> str:
    """The digest of a tool's input or output: 64 lower-case hexadecimal digits. Never raises."""
    return hash_text(canonical_json(payload), key)


def hash_text(text: str, key: bytes | None = None) -> str:
    """The digest of a text as it is, without quotes around it."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest() if key is None else hmac.digest(key, data, "sha256").hex()


def canonical_json(value: object) -> str:
    """The text that is hashed: RFC 8785, non-ASCII characters as they are. Never raises."""
    try:
        return _Writer().write(value)
    except Exception:
        # Only a host that is itself at the edge of its stack or memory gets here; its agent must go on even so.
        return _tag("unreadable")


def _tag(kind: str, content: str = "") -> str:
    """How values without a JSON form are written, so that they cannot be taken for the text they resemble.

    `content` is JSON.
    """
    name = encode_basestring(kind)
    return f'{{"$type":{name},"$value":{content}}}' if content else f'{{"$type":{name}}}'


class _Writer:
    """One walk over one payload; remembers the way down (for cycles) and how much it has seen."""

    def __init__(self) -> None:
        self._way_down: set[int] = set()
        self._nodes_left = MOST_NODES

    def write(self, value: object) -> str:
        """The JSON of `value`; what goes wrong inside one value stays inside that value."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            return self._cut()
        try:
            return self._scalar_or_deeper(value)
        except Exception:  # a property, an iterator or a metaclass of the host's own
            return _tag(_type_name(value))

    def _scalar_or_deeper(self, value: object) -> str:
        if isinstance(value, str):
            return encode_basestring(str.__str__(value))  # a subclass may have its own idea of str()
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return _integer(value)
        if isinstance(value, float):
            return _number(float(value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return _tag("bytes", f'"{hashlib.sha256(bytes(value)).hexdigest()}"')
        return self._deeper(value)

    def _deeper(self, value: object) -> str:
        if id(value) in self._way_down:
            return _tag("circular")
        if len(self._way_down) >= DEEPEST_LEVEL:
            return _tag("too deep")
        self._way_down.add(id(value))
        try:
            return self._composite(value)
        finally:
            self._way_down.discard(id(value))

    def _composite(self, value: object) -> str:
        if isinstance(value, Mapping):
            return self._mapping(value.items())
        if isinstance(value, (list, tuple)):
            return _array(map(self.write, self._affordable(value)))
        if isinstance(value, AbstractSet):
            return self._set(value)
        fields = None if isinstance(value, type) else _fields(value)
        if fields is not None:
            return self._mapping(fields)
        text = encode_basestring(_without_addresses(repr(value)))
        elements = _array_elements(value)
        return _tag(_type_name(value), text if elements is None else _array((text, self.write(elements))))

    def _affordable(self, items: Iterable[Any]) -> list[Any]:
        """At most one item more than may still be looked at: an endless iterator ends, and the cut shows."""
        return list(islice(items, max(self._nodes_left, 0) + 1))

    def _mapping(self, items: Iterable[tuple[object, object]]) -> str:
        affordable = self._affordable(items)
        if len(affordable) > self._nodes_left:
            return self._cut()  # which members come first depends on the order of the dict
        # Walked in the order of the keys, so that a cut deeper down falls on the same member whatever that order.
        members = sorted(((_key(key), _type_name(key), value) for key, value in affordable), key=_place)
        written = [(encode_basestring(key), kind, self.write(value)) for key, kind, value in members]
        if len({key for key, _, _ in written}) == len(written):
            return "{" + ",".join([f"{key}:{value}" for key, _, value in written]) + "}"
        triples = sorted(_array((key, encode_basestring(kind), value)) for key, kind, value in written)
        return _tag("mapping", _array(triples))  # {1: "a", "1": "b"} must not lose a member

    def _set(self, items: AbstractSet[object]) -> str:
        written = sorted(map(self.write, self._affordable(items)))
        if self._nodes_left < 0:
            return self._cut()  # which members were cut depended on the order of the set
        return _tag("set", _array(written))

    def _cut(self) -> str:
        """Give up this value and all that would come after it."""
        self._nodes_left = -1
        return _tag("beyond the node limit")


def _fields(value: Any) -> Iterable[tuple[str, object]] | None:
    """The fields of an object that is a record by a well-known library's rules, whatever its `repr` shows of them."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(kind)]
    if hasattr(kind, "__pydantic_core_schema__"):  # cached properties are in its __dict__ as well, and are no fields
        declared = [(name, vars(value)[name]) for name in getattr(kind, "model_fields", ()) if name in vars(value)]
        return [*declared, *(getattr(value, "__pydantic_extra__", None) or {}).items()]
    if hasattr(kind, "__attrs_attrs__"):
        return [(field.name, getattr(value, field.name, None)) for field in kind.__attrs_attrs__]
    if hasattr(kind, "__struct_fields__"):  # msgspec
        return [(name, getattr(value, name)) for name in kind.__struct_fields__]
    return None


def _array_elements(value: Any) -> object:
    """Shape, type and elements of what gives itself as an array of numpy; None for anything else."""
    if not hasattr(type(value), "__array__"):
        return None
    try:
        array = value.__array__()
        has_objects = array.dtype.hasobject
        return [list(array.shape), str(array.dtype), array.tolist() if has_objects else array.tobytes()]
    except Exception:  # on a graphics card, or too large to copy: what its repr shows has to do
        return None


def _without_addresses(text: str) -> str:
    """A `repr` that is the same for equal objects of different processes; what is in quotes stays as it is."""
    quote = ""

    def mask(match: re.Match[str]) -> str:
        nonlocal quote
        token = match[0]
        if token in ("'", '"'):
            quote = token if not quote else "" if quote == token else quote
        return " at 0x" if match[1] and not quote else token

    return _QUOTES_AND_ADDRESSES.sub(mask, text) if "0x" in text else text


def _array(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _place(member: tuple[str, str, object]) -> tuple[bytes, str]:
    """RFC 8785 sorts names by their UTF-16 code units."""
    return member[0].encode("utf-16-be", "surrogatepass"), member[1]


def _key(key: object) -> str:
    is_text = issubclass(type(key), str)  # isinstance would ask the key for its class, and it may raise
    return str.__str__(key) if is_text else canonical_json(key)


def _integer(value: int) -> str:
    exact = int(value)
    return str(exact) if exact.bit_length() <= _LONGEST_INTEGER_BITS else _tag("int", f'"{exact:#x}"')


def _number(value: float) -> str:
    """As ECMAScript's `Number::toString` writes it (ECMA-262, 6.1.6.1.20), which RFC 8785 prescribes.

    Python finds the same shortest digits; only where the point and the exponent go differs.
    """
    if not math.isfinite(value):
        return _tag("float", f'"{value!r}"')
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return ("-" if value < 0 else "") + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Digits with their decimal point after the first `point` of them."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _type_name(value: object) -> str:
    try:
        return str(type(value).__qualname__)
    except Exception:
        return "object"

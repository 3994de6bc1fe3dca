"""Canonical JSON of tool inputs and outputs, which digests are made of.

It is RFC 8785: members sorted, no spaces, numbers as ECMAScript writes them, UTF-8. Every Python object has such a
text. Values that JSON cannot represent are converted first, by rules that depend neither on memory addresses nor on the
order of dicts and sets:

| value                                   | becomes                                                                |
|-----------------------------------------|------------------------------------------------------------------------|
| dict and other mappings                 | an object; keys that are not text become their own JSON text           |
| dataclasses, pydantic, attrs, msgspec   | an object of all their fields, also of those that `repr` leaves out    |
| list, tuple                             | an array                                                               |
| float                                   | a number; 1.0 is 1, as in JSON                                         |
| set, frozenset                          | a tagged array, sorted                                                 |
| bytes, bytearray, memoryview            | a tagged digest of the bytes                                           |
| NaN, infinities, integers over 2000 bit | a tagged text                                                          |
| numpy arrays, objects with `__array__`  | their type's name, `repr` and all their elements: a `repr` shows a few |
| anything else                           | its type's name and its `repr` without addresses; never iterated       |
| a cycle, a level below 100, a node beyond the first 100,000 | a tag that says so                                 |

Integers beyond 2**53 keep all their digits: RFC 8785 does not cover them, and rounding would give different calls the
same digest.

This module loads no OpenSSL, no `dataclasses` and no regular expression before one is needed: `sentinel hook` starts
for every tool call of a coding agent, and its time is that of its imports.
"""

from __future__ import annotations

import codecs
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from typing import Any
else:
    from _collections_abc import Mapping
    from _collections_abc import Set as AbstractSet

try:
    from _json import encode_basestring
except ImportError:  # an interpreter without CPython's accelerator
    from json.encoder import encode_basestring

DEEPEST_LEVEL = 100
"""Most levels of nesting that are hashed; far below Python's recursion limit, far above any real tool call."""

MOST_NODES = 100_000
"""Most values that are hashed: about 0.1 s on the agent's thread. Shared references can make a tiny object expand
without end."""

_LONGEST_INTEGER_BITS = 2000
"""Integers with more bits are written in hexadecimal: Python may refuse the decimal text of over 640 digits."""

codecs.lookup("utf-16-be")
# Loaded at import: when one thread loads the codec while another forks, the child's import lock is never released.

_QUOTES_AND_ADDRESSES = r"""\\.|['"]|( at )0x[0-9a-fA-F]{6,16}(?=[>;, ])"""
"""Quotes, and memory addresses that `object.__repr__` writes, as in `<Row object at 0x7f0c3a1d2e80>`.

Other hexadecimal numbers are content: an account, a hash, a colour.
"""


def canonical_json(value: object) -> str:
    """Return the canonical JSON text (RFC 8785) that is hashed, with non-ASCII characters unescaped. Never raises."""
    try:
        return _Writer().write(value)
    except Exception:
        # Reached only when the host is almost out of stack or memory; its agent must continue even then.
        return _tag("unreadable")


def _tag(kind: str, content: str = "") -> str:
    """Return a tagged object for a value without a JSON form, so that it never equals a text that looks like it.

    `content` is JSON.
    """
    name = encode_basestring(kind)
    return f'{{"$type":{name},"$value":{content}}}' if content else f'{{"$type":{name}}}'


class _Writer:
    """Serialiser of one payload; tracks the ids of enclosing values (for cycles) and how many nodes are left."""

    def __init__(self) -> None:
        self._way_down: set[int] = set()
        self._nodes_left = MOST_NODES

    def write(self, value: object) -> str:
        """Return the JSON of `value`; an exception inside a nested value affects only that value."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            return self._cut()
        try:
            return self._scalar_or_deeper(value)
        except Exception:  # raised by a property, an iterator or a metaclass of the host
            return _tag(_type_name(value))

    def _scalar_or_deeper(self, value: object) -> str:
        if isinstance(value, str):
            return encode_basestring(str.__str__(value))  # a subclass may override __str__
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        if isinstance(value, int):
            return _integer(value)
        if isinstance(value, float):
            return _number(float(value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            import hashlib

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
        """Return the items, at most one more than the node limit allows.

        That ends an endless iterator, and the extra item shows that the limit was exceeded.
        """
        return list(islice(items, max(self._nodes_left, 0) + 1))

    def _mapping(self, items: Iterable[tuple[object, object]]) -> str:
        affordable = self._affordable(items)
        if len(affordable) > self._nodes_left:
            return self._cut()  # which members come first depends on the order of the dict
        # Walked in sorted order of keys, so that a cut deeper down affects the same member in every order of the dict.
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
        """Stop serialising: write a tag for this value, and for every value after it."""
        self._nodes_left = -1
        return _tag("beyond the node limit")


def _fields(value: Any) -> Iterable[tuple[str, object]] | None:
    """Return all fields of a dataclass, pydantic model, attrs or msgspec object; None for any other object.

    Fields are used instead of the `repr`, which may leave some of them out.
    """
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        import dataclasses

        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(kind)]
    if hasattr(kind, "__pydantic_core_schema__"):  # its __dict__ also contains cached properties, which are not fields
        declared = [(name, vars(value)[name]) for name in getattr(kind, "model_fields", ()) if name in vars(value)]
        return [*declared, *(getattr(value, "__pydantic_extra__", None) or {}).items()]
    if hasattr(kind, "__attrs_attrs__"):
        return [(field.name, getattr(value, field.name, None)) for field in kind.__attrs_attrs__]
    if hasattr(kind, "__struct_fields__"):  # msgspec
        return [(name, getattr(value, name)) for name in kind.__struct_fields__]
    return None


def _array_elements(value: Any) -> object:
    """Return shape, type and elements of a numpy array or an object with `__array__`; None for any other object."""
    if not hasattr(type(value), "__array__"):
        return None
    try:
        array = value.__array__()
        has_objects = array.dtype.hasobject
        return [list(array.shape), str(array.dtype), array.tolist() if has_objects else array.tobytes()]
    except Exception:  # on a graphics card, or too large to copy: only its repr is hashed
        return None


def _without_addresses(text: str) -> str:
    """Remove memory addresses from a `repr`, so that it is equal in every process; quoted text is not changed."""
    quote = ""

    def mask(match: re.Match[str]) -> str:
        nonlocal quote
        token = match[0]
        if token in ("'", '"'):
            quote = token if not quote else "" if quote == token else quote
        return " at 0x" if match[1] and not quote else token

    if "0x" not in text:
        return text
    import re

    return re.sub(_QUOTES_AND_ADDRESSES, mask, text, flags=re.DOTALL)


def _array(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _place(member: tuple[str, str, object]) -> tuple[bytes, str]:
    """Return the sort key of a member: RFC 8785 sorts names by their UTF-16 code units."""
    return member[0].encode("utf-16-be", "surrogatepass"), member[1]


def _key(key: object) -> str:
    is_text = issubclass(type(key), str)  # isinstance would read the key's __class__, which may raise
    return str.__str__(key) if is_text else canonical_json(key)


def _integer(value: int) -> str:
    exact = int(value)
    return str(exact) if exact.bit_length() <= _LONGEST_INTEGER_BITS else _tag("int", f'"{exact:#x}"')


def _number(value: float) -> str:
    """Format a float like ECMAScript's `Number::toString` (ECMA-262, 6.1.6.1.20), which RFC 8785 prescribes.

    Python produces the same shortest digits; only the position of the point and the exponent differs.
    """
    if value - value != 0:  # an infinity, or not a number
        return _tag("float", f'"{value!r}"')
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return ("-" if value < 0 else "") + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Insert the decimal point after the first `point` digits, with leading or trailing zeros or an exponent."""
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

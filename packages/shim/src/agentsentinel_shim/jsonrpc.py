"""Reads copies of JSON-RPC messages, and names everything that another parser could read differently.

The relay forwards the bytes as they are. What decides here must therefore not be fooled: a message whose members are
doubled, or differ only in letter case or in invisible characters, means one thing to Python, and another to Go or Node.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

MOST_DEFECTS = 20
"""Defects that are named for one body; a hostile one can hold millions."""
_LONGEST_NAME = 80
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DefectKind = Literal[
    "not-utf8",
    "not-json",
    "byte-order-mark",
    "second-message",
    "loose-number",
    "doubled-member",
    "look-alike-member",
    "not-a-message",
    "header-and-body-differ",
]
RequestId = str | int | None


class Kind(Enum):
    """The four forms of a JSON-RPC message."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    RESULT = "result"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """One JSON-RPC message. Members that are absent, or of a wrong type, are empty."""

    kind: Kind
    id: RequestId = None
    method: str = ""
    params: Mapping[str, Any] | None = None
    """Parameters by name of a request or notification."""
    result: Any = None
    error: Any = None


@dataclass(frozen=True)
class Defect:
    """One thing in a body that parsers may read differently, or cannot read."""

    kind: DefectKind
    detail: str
    """Names of members only, escaped and cut; never a value."""


@dataclass(frozen=True)
class Reading:
    """What a body holds: its messages in order (more than one in a batch), and its defects."""

    messages: tuple[Message, ...] = ()
    defects: tuple[Defect, ...] = ()


def read(body: bytes) -> Reading:
    """Read one body: a message or a batch. Never raises; anything but JSON-RPC is a defect."""
    defects: list[Defect] = []
    if body.startswith(_BYTE_ORDER_MARK):
        defects.append(Defect("byte-order-mark", "before the message"))
        body = body[len(_BYTE_ORDER_MARK) :]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return Reading((), (*defects, Defect("not-utf8", f"at byte {error.start}")))

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and len(defects) < MOST_DEFECTS:
            name = next(_doubled(name for name, _ in pairs))
            defects.append(Defect("doubled-member", name if name in _PROTOCOL_MEMBERS else "one that is not MCP's"))
        return found

    try:
        value = json.loads(text, object_pairs_hook=members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return Reading((), (*defects, _refused(text, error)))
    reading = read_value(value)
    return Reading(reading.messages, (*defects, *reading.defects)[:MOST_DEFECTS])


class _LooseNumber(ValueError):
    """NaN or Infinity, which some parsers take."""


def _refused(text: str, error: Exception) -> Defect:
    """Name the defect of a text that is refused here, and that a more tolerant parser may read."""
    if isinstance(error, _LooseNumber):
        return Defect("loose-number", str(error))
    if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data" and text.lstrip().startswith("{"):
        return Defect("second-message", "after the first, in one body")
    return Defect("not-json", type(error).__name__)


def read_value(value: object) -> Reading:
    """Read a message or batch that is parsed already."""
    messages: list[Message] = []
    defects: list[Defect] = []
    for item in value if isinstance(value, list) else [value]:
        message = _message(item) if isinstance(item, dict) else None
        if message is None or not isinstance(item, dict):
            defects.append(Defect("not-a-message", type(item).__name__))
        else:
            messages.append(message)
            defects.extend(_look_alikes(item))
    return Reading(tuple(messages), tuple(defects[:MOST_DEFECTS]))


def read_outline(values: Mapping[str, Any]) -> Reading:
    """Read what is known of a message that is too long to be kept: `OutlineReader.message`."""
    message = _message(values if "method" in values or "error" in values else {"result": {}, **values})
    return Reading() if message is None else Reading((message,))


def fold(name: str) -> str:
    """Return the form in which the most tolerant parser compares a member's name.

    Go matches names without regard to letter case, and takes the long s of old prints for an `s`; others drop NUL, and
    what follows normalisation.
    """
    return unicodedata.normalize("NFKC", name.replace("\0", "")).casefold()


def _message(value: Mapping[str, Any]) -> Message | None:
    method, id_ = value.get("method"), _request_id(value.get("id"))
    if isinstance(method, str):
        params = value.get("params")
        kind = Kind.REQUEST if value.get("id") is not None else Kind.NOTIFICATION
        return Message(kind, id_, method, params if isinstance(params, dict) else None)
    if "result" in value:
        return Message(Kind.RESULT, id_, result=value["result"])
    if "error" in value:
        return Message(Kind.ERROR, id_, error=value["error"])
    return None


def _request_id(value: object) -> RequestId:
    """Return the id in the form that both sides agree on: 1.0 and 1 are one number in JSON."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else repr(value)
    return value if isinstance(value, str | int) else None


def _look_alikes(message: Mapping[str, Any]) -> Iterator[Defect]:
    """Yield members that another parser takes for a different member of the same object."""
    yield from _look_alikes_in(message, _ENVELOPE_MEMBERS)
    for name in ("params", "result", "error"):
        inner = message.get(name)
        if isinstance(inner, dict):
            names_a_thing = name == "params" and message.get("method") in _METHODS_WITH_A_NAME
            yield from _look_alikes_in(inner, _PARAMETERS if names_a_thing else frozenset())
            if isinstance(inner.get("_meta"), dict):
                yield from _look_alikes_in(inner["_meta"], frozenset())


def _look_alikes_in(members: Mapping[str, Any], decisive: frozenset[str]) -> Iterator[Defect]:
    """Yield the names that fold to one form, and those that fold to a decisive name without being it."""
    folded = {name: fold(name) for name in members}
    doubled = set(_doubled(folded.values()))
    for name, form in folded.items():
        if form in doubled or (form in decisive and name != form):
            yield Defect("look-alike-member", _shown(name))


_ENVELOPE_MEMBERS = frozenset({"jsonrpc", "id", "method", "params", "result", "error"})
_PARAMETERS = frozenset({"name", "arguments", "uri", "_meta"})
"""Parameters that decide what is called: another spelling of one, even alone, is meant for another parser."""
_PROTOCOL_MEMBERS = _ENVELOPE_MEMBERS | _PARAMETERS | {"cursor", "content", "text", "type", "isError", "tools", "code"}
"""Members whose names say nothing of an argument; the names of arguments may be content."""
_METHODS_WITH_A_NAME = frozenset({"tools/call", "prompts/get", "resources/read"})


def _doubled(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def _shown(name: str) -> str:
    """Return a member's name as printable ASCII, cut."""
    return ascii(name[:_LONGEST_NAME])[1:-1]


def _refuse_constant(name: str) -> object:
    raise _LooseNumber(name)

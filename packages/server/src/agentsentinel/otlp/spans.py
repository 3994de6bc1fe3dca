"""Spans as this server needs them, whichever way they were encoded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentsentinel.otlp.bounds import MAX_SPANS, TooManySpans

SERVER_KIND = 2
"""`SPAN_KIND_SERVER`: what is seen by who was called, not by who called."""
ERROR_STATUS = 2
"""`STATUS_CODE_ERROR`."""
TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
MAX_TIME_NS = 2**64 - 1

Value = str | bool | int | float | bytes | list[Any] | dict[str, Any] | None


class InvalidSpan(Exception):  # noqa: N818 - it describes the span
    """A span that cannot be taken; the message says why and never repeats what was sent."""


class Attributes:
    """Attributes by name. A value is decoded when it is asked for: most are never looked at, and some are huge."""

    __slots__ = ("_decode", "_raw")

    def __init__(self, raw: Mapping[str, Any], decode: Callable[[Any], Value]) -> None:
        self._raw = raw
        self._decode = decode

    def __contains__(self, name: str) -> bool:
        """Whether there is an attribute of this name."""
        return name in self._raw

    def get(self, name: str) -> Value:
        """The value of an attribute, None when there is none."""
        raw = self._raw.get(name)
        return None if raw is None else self._decode(raw)

    def text(self, name: str) -> str | None:
        """The value of an attribute that is a text which says something."""
        value = self.get(name)
        return value if isinstance(value, str) and value.strip() else None

    def first_text(self, names: Iterable[str]) -> str | None:
        """The first of these that `text` finds."""
        return next((value for name in names if (value := self.text(name)) is not None), None)


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened during a span."""

    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Ids and times are as they were sent: only those of tool calls need be right."""

    trace_id: bytes | str
    """From JSON the text that was sent, since what is wrong with it is told per span."""
    span_id: bytes | str
    parent_id: bytes | str
    name: str
    kind: int
    start: int | str
    """Nanoseconds since 1970; text where JSON has one."""
    end: int | str
    status: int
    status_message: str
    attributes: Attributes
    resource: Attributes
    """What is said of the process that made the span."""
    read_events: Callable[[], Sequence[SpanEvent]]


class Spans:
    """The spans of a request. Each pass decodes them anew, so that only those that are kept take memory.

    Raises TooManySpans.
    """

    def __init__(self, number: int, decode: Callable[[], Iterator[Span]], broken: Sequence[str] = ()) -> None:
        if number > MAX_SPANS:
            raise TooManySpans
        self._decode = decode
        self.broken = broken
        """Why others of the request are not spans, one entry each."""

    def __iter__(self) -> Iterator[Span]:
        """One pass."""
        return self._decode()


def read_id(value: bytes | str, size: int, name: str) -> bytes:
    """An id of so many bytes. Raises InvalidSpan.

    In OTLP's JSON ids are hex. A generic protobuf-to-JSON writer makes base64 of them, and 32 hex digits are good
    base64 as well: what is no hex of the right length must be refused and not guessed at.
    """
    if isinstance(value, str):
        try:
            value = bytes.fromhex(value) if value.isascii() and value.isalnum() else b""
        except ValueError:
            value = b""
        if len(value) != size:
            raise InvalidSpan(f"{name}: {size * 2} hex digits are needed (OTLP's JSON has no base64 here)")
    if len(value) != size:
        raise InvalidSpan(f"{name}: {size} bytes are needed")
    if not any(value):
        raise InvalidSpan(f"{name}: all zeros is no id")
    return value


def read_time(value: int | str, name: str) -> int:
    """A time in nanoseconds since 1970, 0 when it is not set. Raises InvalidSpan."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise InvalidSpan(f"{name}: a whole number of nanoseconds is needed")
        value = int(value)
    if not 0 <= value <= MAX_TIME_NS:
        raise InvalidSpan(f"{name}: a whole number of nanoseconds is needed")
    return value

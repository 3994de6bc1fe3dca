"""Spans independent of their encoding, and the validation of their ids and times."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentsentinel.otlp.bounds import MAX_SPANS, TooManySpans

SERVER_KIND = 2
"""`SPAN_KIND_SERVER`: a span of the called side; the caller has a span of its own."""
ERROR_STATUS = 2
"""`STATUS_CODE_ERROR`: the status of a span whose operation failed."""
TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
MAX_TIME_NS = 2**64 - 1

Value = str | bool | int | float | bytes | list[Any] | dict[str, Any] | None


class InvalidSpan(Exception):  # it describes the span
    """A tool span that cannot be stored; the message says why and never repeats the span's content."""


class Attributes:
    """Attributes by name. A value is decoded when it is read: most are never read, and some are huge."""

    __slots__ = ("_decode", "_raw")

    def __init__(self, raw: Mapping[str, Any], decode: Callable[[Any], Value]) -> None:
        self._raw = raw
        self._decode = decode

    def __contains__(self, name: str) -> bool:
        """Tell whether there is an attribute of this name."""
        return name in self._raw

    def get(self, name: str) -> Value:
        """Return the decoded value of an attribute, or None when there is none."""
        raw = self._raw.get(name)
        return None if raw is None else self._decode(raw)

    def text(self, name: str) -> str | None:
        """Return the value of an attribute if it is a text that is not blank, else None."""
        value = self.get(name)
        return value if isinstance(value, str) and value.strip() else None

    def first_text(self, names: Iterable[str]) -> str | None:
        """Return the first text among the attributes with these names, else None."""
        return next((value for name in names if (value := self.text(name)) is not None), None)


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """An event of a span: its name and attributes."""

    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Ids and times are not validated yet, since only those of tool calls have to be valid."""

    trace_id: bytes | str
    """Trace id; from JSON the text that was sent, since an invalid one is reported for its span only."""
    span_id: bytes | str
    parent_id: bytes | str
    name: str
    kind: int
    start: int | str
    """Start time in nanoseconds since 1970; a text where JSON has one."""
    end: int | str
    status: int
    status_message: str
    attributes: Attributes
    resource: Attributes
    """Attributes of the process that made the span."""
    read_events: Callable[[], Sequence[SpanEvent]]


class Spans:
    """The spans of a request, decoded again in each iteration, so that only those that are kept take memory.

    Raises TooManySpans.
    """

    def __init__(self, number: int, decode: Callable[[], Iterator[Span]], broken: Sequence[str] = ()) -> None:
        if number > MAX_SPANS:
            raise TooManySpans
        self._decode = decode
        self.broken = broken
        """Reasons why other spans of the request could not be decoded, one entry for each."""

    def __iter__(self) -> Iterator[Span]:
        """Decode the spans once more."""
        return self._decode()


def read_id(value: bytes | str, size: int, name: str) -> bytes:
    """Validate an id of `size` bytes. Raises InvalidSpan.

    In OTLP's JSON ids are hex. A generic protobuf-to-JSON writer makes base64 of them, and 32 hex digits are valid
    base64 as well. So a text that is not hex of the right length is refused, without a guess at its encoding.
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
        raise InvalidSpan(f"{name}: must not be all zeros")
    return value


def read_time(value: int | str, name: str) -> int:
    """Validate a time in nanoseconds since 1970; 0 means that it is not set. Raises InvalidSpan."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 20):
            raise InvalidSpan(f"{name}: a whole number of nanoseconds is needed")
        value = int(value)
    if not 0 <= value <= MAX_TIME_NS:
        raise InvalidSpan(f"{name}: a whole number of nanoseconds is needed")
    return value

"""Limits on the content of an export request, checked before it is decoded.

Two bytes of protobuf (three of JSON) encode an empty span or attribute, and a decoder makes an object of some hundred
bytes from them: a body within its limit in bytes could fill gigabytes of memory.
"""

import re
from collections.abc import Mapping

from google.protobuf.descriptor import Descriptor

from agentsentinel.wire.body import TooLarge, body_limit

MAX_BYTES = body_limit("/v1/traces")
"""Size limit of a body, both as received and inflated."""
MAX_SPANS = 10_000
"""Spans in a request. Exporters send 512 at once, collectors 8,192."""
MAX_NODES = 200_000
"""Spans, attributes, events, links and values of a request together: 8,192 spans with a dozen attributes each."""
MAX_FIELDS = 3 * MAX_NODES
"""Fields in a protobuf request, scalar ones included, since each is a step in Python; an attribute has three."""
MAX_DEPTH = 64
"""Levels of lists and maps within one attribute that are decoded; anything deeper counts as one opaque value."""
ADVICE = "compressed or not, {} spans and {} spans, attributes and values: set OTEL_BSP_MAX_EXPORT_BATCH_SIZE lower"

_LENGTH_DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}
"""Size of fixed-length fields by wire type."""
_BRACE_OR_OTHERS = re.compile(rb'(\{)|(?:[^"{]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)){1,4096}+', re.DOTALL)
"""Matches an opening brace of JSON, or up to 4,096 strings and the text between them.

One match covers many strings, since each match is a step in Python; but not all, since a match holds the GIL and other
threads wait. The quantifiers are possessive: one that can backtrack stores a position for every byte.
"""


class TooManySpans(TooLarge):
    """The request contains more spans, attributes or values than may be decoded."""

    def __init__(self) -> None:
        super().__init__(MAX_BYTES, ADVICE.format(f"{MAX_SPANS:,}", f"{MAX_NODES:,}"))


def check_protobuf(body: bytes, message: Descriptor) -> None:
    """Count the messages in a body without decoding it. Raises TooManySpans, and ValueError for invalid protobuf."""
    if len(body) <= 2 * MAX_NODES:
        return  # each message takes two bytes at least
    left, fields_left = MAX_NODES, MAX_FIELDS
    parts = [(0, len(body), _submessages(message))]
    while parts:
        at, end, submessages = parts.pop()
        while at < end:
            fields_left -= 1
            if fields_left < 0:
                raise TooManySpans
            tag, at = _varint(body, at)
            wire_type = tag & 7
            if wire_type == _LENGTH_DELIMITED:
                size, at = _varint(body, at)
                inner = submessages.get(tag >> 3)
                if inner is not None:
                    left -= 1
                    if left < 0:
                        raise TooManySpans
                    if size:
                        parts.append((at, min(at + size, end), inner))
                at += size
            elif wire_type == 0:
                _, at = _varint(body, at)
            elif wire_type in _FIXED_BYTES:
                at += _FIXED_BYTES[wire_type]
            else:
                raise ValueError("groups are not part of OTLP")


def check_json(body: bytes) -> None:
    """Count the objects in a body without decoding it. Raises TooManySpans."""
    if body.count(b"{") <= MAX_NODES:
        return
    left = MAX_NODES
    for match in _BRACE_OR_OTHERS.finditer(body):
        left -= match.lastindex is not None
        if left < 0:
            raise TooManySpans


def is_light(text: str) -> bool:
    """Tell whether a text that may be JSON has few enough values to be decoded."""
    return text.count(",") + text.count("[") + text.count("{") <= MAX_NODES


Submessages = Mapping[int, "Submessages"]
"""The fields of a message type that are messages themselves, by field number."""


_tables: dict[str, dict[int, Submessages]] = {}


def _submessages(message: Descriptor) -> Submessages:
    table = _tables.get(message.full_name)
    if table is None:
        table = _tables[message.full_name] = {}  # stored before it is complete, since message types are recursive
        for field in message.fields:
            if field.message_type is not None:
                table[field.number] = _submessages(field.message_type)
    return table


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Read a varint; return it and the offset after it. Raises ValueError when it is cut off or too long."""
    number = shift = 0
    while at < len(body) and shift < 70:
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
    raise ValueError("a number without an end")

"""An entry of the stream: the events that one process stored with one commit."""

from collections.abc import Mapping
from typing import NamedTuple, Self
from uuid import UUID

import msgspec

from agentsentinel.ingest.event_store import EventRow

MOST_BYTES = 16 * 1024 * 1024
"""Most bytes of the events of an entry; a group of the most events, all of the longest, takes less."""

_rows = msgspec.json.Decoder(list[EventRow])
_names = msgspec.json.Decoder(dict[UUID, str])
_encode = msgspec.json.Encoder().encode


class BadEntry(ValueError):
    """An entry cannot be read; reading it again cannot help."""


class Entry(NamedTuple):
    """What one commit stored."""

    origin: str
    """The process that stored it, a random name of its life."""
    number: int
    """Counts the entries of its origin from 1, so that a reader notices a missing or repeated one."""
    transaction: int
    """PostgreSQL's id of the commit."""
    events: list[EventRow]
    names: dict[UUID, str]
    """Names of the agents of these events."""

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes]) -> Self:
        """Read the fields of an entry. Raises BadEntry."""
        try:
            if len(fields[b"events"]) > MOST_BYTES:
                raise BadEntry("its events are too long")
            return cls(
                fields[b"origin"].decode(),
                int(fields[b"number"]),
                int(fields[b"transaction"]),
                _rows.decode(fields[b"events"]),
                _names.decode(fields[b"names"]),
            )
        except KeyError as error:
            raise BadEntry(f"it has no field {error}") from None
        except (ValueError, msgspec.MsgspecError) as error:
            raise BadEntry(str(error)[:300]) from None


def fields_of(
    origin: str, number: int, transaction: int, events: bytes, names: Mapping[UUID, str]
) -> dict[str, bytes | str | int]:
    """Return the fields of an entry; `events` is a JSON array of `EventRow`."""
    return {
        "origin": origin,
        "number": number,
        "transaction": transaction,
        "events": events,
        "names": _encode(names),
    }

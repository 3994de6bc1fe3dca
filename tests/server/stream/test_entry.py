"""An entry of the stream is read as it was written, or refused with a reason."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.stream.entry import MOST_BYTES, BadEntry, Entry, fields_of
from server.stream.support import AGENT, as_read, encoded, entry, row

GOOD = as_read(fields_of("a", 1, 2, encoded([row()]), {AGENT: "agent"}))


def test_it_is_read_as_it_was_written() -> None:
    rows = [row("a"), row("b", counted_as="(other tools)", is_learned=False, channel=2)]
    read = entry(3, rows, transaction=99, origin="here")
    assert (read.origin, read.number, read.transaction) == ("here", 3, 99)
    assert read.events == rows
    assert read.names == {AGENT: "agent"}


def test_times_keep_their_microseconds() -> None:
    at = datetime(2026, 11, 29, 12, 0, 0, 123457, UTC)
    assert entry(1, [row(at=at.timestamp())]).events[0].at == at


@pytest.mark.parametrize("field", ["origin", "number", "transaction", "events", "names"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(BadEntry, match=field):
        Entry.of({name: value for name, value in GOOD.items() if name != field.encode()})


@pytest.mark.parametrize(
    "wrong",
    [
        {b"number": b"x"},
        {b"number": b"9" * 5_000},
        {b"origin": b"\xff"},
        {b"events": b"["},
        {b"events": b'[{"id": 1}]'},
        {b"events": b"[" * 100_000},
        {b"names": b"[]"},
        {b"events": b"[" + b" " * MOST_BYTES + b"]"},
    ],
)
def test_what_cannot_be_read_is_refused(wrong: dict[bytes, bytes]) -> None:
    with pytest.raises(BadEntry):
        Entry.of({**GOOD, **wrong})


@given(st.dictionaries(st.sampled_from(list(GOOD)), st.binary(max_size=60)))
def test_no_bytes_end_a_reader(wrong: dict[bytes, bytes]) -> None:
    with contextlib.suppress(BadEntry):
        Entry.of({**GOOD, **wrong})

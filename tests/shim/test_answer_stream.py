"""An answer can be read on after a break, by one reader at a time and in bounded memory."""

import asyncio

import pytest

from agentsentinel_shim import answer_stream
from agentsentinel_shim.answer_stream import MOST_KEPT, AnswerStream, parse_event_id


async def read(stream: AnswerStream, reader: object | None) -> list[bytes]:
    """Read until the end."""
    assert reader is not None
    lines = []
    while (line := await stream.read(reader)) is not None:
        lines.append(line)
    return lines


def filled(*lines: bytes, number: int | None = 3) -> AnswerStream:
    stream = AnswerStream(number)
    for line in lines:
        stream.put(line)
    stream.end()
    return stream


@pytest.mark.parametrize(("place", "rest"), [(0, [b"a", b"b"]), (1, [b"b"]), (2, [])])
def test_what_came_after_a_place_is_read_again(place: int, rest: list[bytes]) -> None:
    async def run() -> None:
        stream = filled(b"a", b"b")
        assert await read(stream, stream.begin()) == [b"a", b"b"]
        assert await read(stream, stream.begin(place)) == rest
        assert stream.event_id == b"3-2"

    asyncio.run(run())


@pytest.mark.parametrize("place", [3, 99])
def test_a_place_that_never_was_cannot_be_resumed(place: int) -> None:
    assert filled(b"a", b"b").begin(place) is None


def test_a_newer_reader_ends_the_one_before() -> None:
    async def run() -> None:
        stream = AnswerStream(1)
        older = asyncio.create_task(read(stream, stream.begin()))
        await asyncio.sleep(0)
        newer = stream.begin()
        assert await older == []
        stream.put(b"a")
        stream.end()
        assert await read(stream, newer) == [b"a"]

    asyncio.run(run())


def test_an_answer_that_cannot_be_resumed_keeps_nothing() -> None:
    async def run() -> None:
        stream = filled(b"a", number=None)
        assert await read(stream, stream.begin()) == [b"a"]
        assert stream.begin(0) is None
        assert stream.event_id == b""

    asyncio.run(run())


def test_a_long_answer_passes_whole_and_is_not_kept() -> None:
    async def run() -> None:
        stream = filled(b"x" * MOST_KEPT, b"y")
        assert await read(stream, stream.begin()) == [b"x" * MOST_KEPT, b"y"]
        assert stream.begin(0) is None
        assert await read(stream, stream.begin(1)) == [b"y"]

    asyncio.run(run())


@pytest.mark.parametrize("comes", ["before", "after"])
def test_a_long_answer_is_not_kept_for_a_client_that_has_left(comes: str) -> None:
    stream = AnswerStream(1)
    reader = stream.begin()
    assert reader is not None
    if comes == "after":
        stream.leave(reader)
    stream.put(b"x" * (MOST_KEPT + 1))
    stream.leave(reader)
    assert stream.begin(0) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3-2", (3, 2)), ("", None), ("3", None), ("3-", None), ("a-1", None), ("-1-2", None), ("1-" + "9" * 5000, None)],
)
def test_only_an_id_of_ours_names_a_place(value: str, expected: tuple[int, int] | None) -> None:
    assert parse_event_id(value) == expected


@pytest.mark.parametrize("number", [None, 3])
def test_a_reader_that_is_too_far_behind_is_cut_and_nothing_is_kept(
    number: int | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(answer_stream, "MOST_WAITING", 10 * MOST_KEPT)

    async def run() -> None:
        stream = AnswerStream(number)
        reader = stream.begin()
        for _ in range(1000):
            stream.put(b"a" * MOST_KEPT)
        assert await read(stream, reader) == []
        assert stream.begin(0) is None

    asyncio.run(run())
    assert [record.message for record in caplog.records] == [
        "a client reads slower than its server writes: its answer was cut"
    ]


def test_a_reader_that_keeps_up_is_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_stream, "MOST_WAITING", 10 * MOST_KEPT)

    async def run() -> None:
        stream = AnswerStream(3)
        reader = stream.begin()
        for _ in range(100):
            stream.put(b"a" * MOST_KEPT)
            assert await stream.read(reader) is not None

    asyncio.run(run())

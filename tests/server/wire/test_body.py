"""Bodies are bounded in size and time before anything reads them, on each path."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope

from agentsentinel.wire import body as bodies
from agentsentinel.wire.body import (
    MAX_BODY_BYTES,
    OTHER_LIMITS,
    ClientGone,
    TooLarge,
    TooSlow,
    body_limit,
    bound_body,
    limit_in_words,
    read_body,
)

MANIFESTS = "/api/v1/agents/0/manifests"
GONE: Message = {"type": "http.disconnect"}


def parts(*chunks: bytes) -> list[Message]:
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": at < last} for at, chunk in enumerate(chunks)]


def receiving(messages: Iterable[Message]) -> Receive:
    waiting = iter(messages)

    async def receive() -> Message:
        for message in waiting:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def request(path: str = "/api/v1/agents", length: bytes | None = None) -> Scope:
    return {"type": "http", "path": path, "headers": [] if length is None else [(b"content-length", length)]}


def read(messages: Iterable[Message], scope: Scope | None = None) -> bytes:
    return asyncio.run(read_body(bound_body(scope or request(), receiving(messages))))


@pytest.mark.parametrize("chunks", [(b"",), (b"abc",), (b"a", b"b", b"c"), (b"", b"", b"abc")])
def test_a_body_is_the_same_in_however_many_parts_it_comes(chunks: tuple[bytes, ...]) -> None:
    assert read(parts(*chunks)) == b"".join(chunks)


@pytest.mark.parametrize("path", ["/api/v1/agents", MANIFESTS, *OTHER_LIMITS])
def test_each_path_takes_its_limit_and_not_a_byte_more(path: str) -> None:
    limit = body_limit(path)
    half = b"x" * (limit // 2)
    assert len(read(parts(half, half), request(path))) == limit
    with pytest.raises(TooLarge, match=str(limit)):
        read(parts(half, half, b"x"), request(path))


def test_an_announced_length_over_the_limit_is_refused_before_a_byte_is_received() -> None:
    with pytest.raises(TooLarge):
        read([], request(length=b"%d" % (MAX_BODY_BYTES + 1)))
    with pytest.raises(TooLarge):
        read([], request(length=b"9" * 5000))


@pytest.mark.parametrize("length", [b"-1", b"", b"1e9", b"\xb2"])
def test_a_length_that_is_not_a_number_announces_nothing(length: bytes) -> None:
    assert read(parts(b"abc"), request(length=length)) == b"abc"


def test_a_client_that_has_gone_leaves_no_half_body() -> None:
    for messages in ([GONE], [*parts(b"a", b"b")[:1], GONE]):
        with pytest.raises(ClientGone):
            read(messages)


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.0)
    with pytest.raises(TooSlow):
        read(parts(b"a", b"b")[:1])


def test_limits_are_written_for_people() -> None:
    assert limit_in_words("/api/v1/agents") == "1 MiB"
    assert limit_in_words(MANIFESTS) == "8 MiB"
    assert limit_in_words("/v1/traces") == "8 MiB"
    assert limit_in_words("/api/v1/session") == "16 KiB"

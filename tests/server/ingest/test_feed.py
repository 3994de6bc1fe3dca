"""The live feed: one copy of the news for all listeners, and a limit for each key."""

import asyncio
import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from agentsentinel.errors import Overloaded
from agentsentinel.ingest.event import EventReport, Stored
from agentsentinel.ingest.feed import KEPT_EVENTS, LISTENERS, LISTENERS_OF_KEY, Feed, StoredEvent
from patience import PATIENCE_SECONDS
from server.support import HASH, Server

KEY = uuid4()


def news(number: int) -> StoredEvent:
    event_id = UUID(int=number)
    answer = Stored(event_id=event_id, anomaly_score=0.0, reasons=(), timestamp=datetime.now(UTC))
    return StoredEvent(uuid4(), "agent", EventReport(uuid4(), "tool", HASH, HASH), answer)


def numbers(found: list[StoredEvent]) -> list[int]:
    return [one.answer.event_id.int for one in found]


def test_each_listener_gets_all_news_since_it_began_once() -> None:
    async def run() -> None:
        feed = Feed()
        with feed.listen(KEY) as early:
            feed.publish([news(1), news(2)])
            with feed.listen(KEY) as late:
                feed.publish([news(3)])
                assert numbers(await early.next(1)) == [1, 2, 3]
                assert numbers(await late.next(1)) == [3]
            assert await early.next(0) == []

    asyncio.run(run())


def test_who_reads_too_slowly_loses_the_oldest_news() -> None:
    async def run() -> None:
        feed = Feed()
        with feed.listen(KEY) as listener:
            feed.publish([news(number) for number in range(KEPT_EVENTS + 10)])
            assert numbers(await listener.next(1)) == list(range(10, KEPT_EVENTS + 10))

    asyncio.run(run())


def test_an_event_is_written_once_however_many_read_it() -> None:
    event, written = news(1), []

    def write(one: StoredEvent) -> str:
        written.append(one)
        return "words"

    assert {event.written(write) for _ in range(300)} == {"words"}
    assert len(written) == 1


def test_a_waiting_listener_is_woken_by_news_and_by_the_end() -> None:
    async def run() -> None:
        feed = Feed()
        with feed.listen(KEY) as listener:
            waiting = asyncio.create_task(listener.next(60))
            await asyncio.sleep(0)
            feed.publish([news(1)])
            assert numbers(await waiting) == [1]
            waiting = asyncio.create_task(listener.next(60))
            await asyncio.sleep(0)
            feed.close()
            assert await waiting == []
            assert await listener.next(60) == []

    asyncio.run(run())


def test_nothing_is_kept_when_nobody_listens() -> None:
    feed = Feed()
    with feed.listen(KEY):
        feed.publish([news(1)])
    assert not feed.has_listeners
    assert feed.since(0) == []


def test_all_keys_together_have_a_bound_too() -> None:
    feed = Feed()
    streams = [feed.listen(UUID(int=number % 20)) for number in range(LISTENERS)]
    for stream in streams:
        stream.__enter__()
    with pytest.raises(Overloaded):
        feed.require_room(uuid4())
    streams[0].__exit__(None, None, None)
    feed.require_room(uuid4())


def open_stream(server: Server, key: str) -> socket.socket:
    """Open a connection on which a stream has begun, or was refused."""
    connection = socket.create_connection(server.address, timeout=PATIENCE_SECONDS)
    connection.sendall(f"GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n\r\n".encode())
    return connection


def read_until(connection: socket.socket, words: bytes) -> bytes:
    received = b""
    while words not in received and (data := connection.recv(65536)):
        received += data
    return received


def test_streams_beyond_a_keys_share_are_refused_and_others_are_not(server: Server) -> None:
    key, other = server.new_key("readonly"), server.new_key("readonly")
    with ExitStack() as stack:
        for _ in range(LISTENERS_OF_KEY):
            stream = stack.enter_context(open_stream(server, key))
            assert b" 200 " in read_until(stream, b"retry:")
        refused = read_until(stack.enter_context(open_stream(server, key)), b"detail")
        assert b" 429 " in refused
        assert b"retry-after: " in refused.lower()
        assert b" 200 " in read_until(stack.enter_context(open_stream(server, other)), b"retry:")
        assert server.report(server.new_agent())["event_id"]
        assert b"event: tool_call" in read_until(stream, b"event: tool_call")

"""A client library that fails, for all tests of the stream."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from redis.asyncio.connection import AbstractConnection


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Give a switch: while it is on, connections fail as uvloop's do that close while something is sent.

    That is no RedisError, and redis-py lets it through.
    """
    is_on = False
    send = AbstractConnection.send_packed_command

    async def fail(self: AbstractConnection, *arguments: Any, **options: Any) -> None:
        if is_on:
            raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")
        await send(self, *arguments, **options)

    def switch(on: bool) -> None:
        nonlocal is_on
        is_on = on

    monkeypatch.setattr(AbstractConnection, "send_packed_command", fail)
    return switch


@pytest.fixture
def sending(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Make connections swallow a cancellation while they send, as `asyncio.wait_for` of Python 3.11 may.

    The event is set while one of them sends.
    """
    is_sending = asyncio.Event()
    send = AbstractConnection.send_packed_command

    async def swallow(self: AbstractConnection, *arguments: Any, **options: Any) -> None:
        await send(self, *arguments, **options)
        is_sending.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.02)
        is_sending.clear()

    monkeypatch.setattr(AbstractConnection, "send_packed_command", swallow)
    return is_sending

"""A client library that fails, for all tests of the stream."""

from collections.abc import Callable
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

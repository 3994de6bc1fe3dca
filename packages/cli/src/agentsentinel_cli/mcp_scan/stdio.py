"""A transport of the official client library for a server over stdio, which bounds what the server writes."""

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import IO

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from agentsentinel_shim.upstream import StdioServer

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]

_POLL_SECONDS = 0.05


class AnswersTooLong(Exception):
    """A server has written more than it may."""


@asynccontextmanager
async def stdio_transport(command: Sequence[str], stderr: IO[str], most_bytes: int) -> AsyncIterator[Streams]:
    """Start a server, and end it afterwards with all that it has started.

    Lines that are not messages are left out: servers print them. Raises CannotStart, and AnswersTooLong at the end.
    """
    to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](math.inf)
    from_session, to_server = anyio.create_memory_object_stream[SessionMessage](0)
    written = 0

    def on_line(line: bytes) -> None:
        nonlocal written
        written += len(line)
        if written > most_bytes:
            server.kill()
            return
        try:
            message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            return
        to_session.send_nowait(SessionMessage(message))

    async def write() -> None:
        async for each in to_server:
            try:
                await server.send(each.message.model_dump_json(by_alias=True, exclude_unset=True).encode())
            except ConnectionError:  # its output ends too, which ends the session
                return

    async def end_the_rest() -> None:
        while not server.has_exited:  # noqa: ASYNC110 (some Pythons report the end only once the output is closed)
            await anyio.sleep(_POLL_SECONDS)
        server.kill()

    server = await StdioServer.start(command, on_line, to_session.close, stderr, most_bytes)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write)
            tasks.start_soon(end_the_rest)
            try:
                yield from_server, from_session
            finally:
                with anyio.CancelScope(shield=True):
                    await server.stop()
                tasks.cancel_scope.cancel()
    finally:
        if written > most_bytes or server.has_overflowed:
            raise AnswersTooLong

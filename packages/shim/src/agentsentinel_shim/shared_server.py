"""One process of a stdio server for all clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence

from agentsentinel_shim.multiplexer import Multiplexer, Out
from agentsentinel_shim.upstream import StdioServer


class SharedServer:
    """Starts the process when the first client comes, and another one when it has ended.

    Args:
        command: what starts it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._starting = asyncio.Lock()
        self._running: _Running | None = None

    async def attach(self, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> Attachment:
        """Add a client; the arguments are those of `StdioServer`. Raises CannotStart."""
        async with self._starting:
            if self._running is None or not self._running.is_running:
                running = _Running()
                await running.start(self._command)
                self._running = running
        return Attachment(self._running, on_line, on_end)

    async def stop(self) -> None:
        """End the process."""
        if self._running is not None:
            await self._running.stop()


class _Running:
    """One life of the process, and the clients attached to it."""

    def __init__(self) -> None:
        self.multiplexer = Multiplexer()
        self.clients: set[Attachment] = set()
        self._server: StdioServer | None = None

    async def start(self, command: Sequence[str]) -> None:
        self._server = await StdioServer.start(command, self._from_server, self._ended)

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.is_running

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()

    async def deliver(self, outs: Iterable[Out]) -> None:
        """Bring each line to its receiver. Raises ConnectionError when the server has ended."""
        for out in outs:
            if isinstance(out.client, Attachment):
                out.client.on_line(out.line)
            elif self._server is not None:
                await self._server.send(out.line)

    def later(self, outs: Iterable[Out]) -> None:
        """Deliver without waiting; a server that has ended gets nothing."""
        task = asyncio.ensure_future(self.deliver(outs))
        task.add_done_callback(lambda done: done.exception())

    def _from_server(self, line: bytes) -> None:
        to_server = []
        for out in self.multiplexer.from_server(line):
            if isinstance(out.client, Attachment):
                out.client.on_line(out.line)
            else:
                to_server.append(out)
        if to_server:
            self.later(to_server)

    def _ended(self) -> None:
        for client in list(self.clients):
            client.on_end()


class Attachment:
    """One client's side of a shared server, with the interface of `StdioServer`."""

    def __init__(self, running: _Running, on_line: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self._running = running
        self.on_line = on_line
        self.on_end = on_end
        running.clients.add(self)
        running.multiplexer.attach(self)

    async def send(self, line: bytes) -> None:
        """Write one message. Raises ConnectionError when the server has ended."""
        if not self._running.is_running:
            raise ConnectionResetError("the MCP server has ended")
        await self._running.deliver(list(self._running.multiplexer.from_client(self, line)))

    async def stop(self) -> None:
        """Leave the server, which runs on for the others."""
        with contextlib.suppress(ConnectionError):
            await self._running.deliver(self._leave())

    def kill(self) -> None:
        """Leave the server at once."""
        self._running.later(self._leave())

    def _leave(self) -> list[Out]:
        self._running.clients.discard(self)
        return list(self._running.multiplexer.detach(self))

"""Asks a server for its tools, in either era of the protocol: one that is started for it, or one at an address."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Protocol

import httpx2

from agentsentinel_core.manifest.model import ItemKind
from agentsentinel_shim import __version__
from agentsentinel_shim.conversation import introduced
from agentsentinel_shim.copies import Copy
from agentsentinel_shim.jsonrpc import Kind, Message, read
from agentsentinel_shim.lists import Listed, OpenLists, instructions_of
from agentsentinel_shim.sse import EventStreamReader
from agentsentinel_shim.upstream import CannotStart, StdioServer

ANSWER_SECONDS = 120.0
"""How long one answer may take: `npx` may have to install the server first."""
MOST_PAGES = 1_000
MOST_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer over HTTP."""
_LEGACY = "2025-11-25"
_MODERN = "2026-07-28"
_CLIENT = {"name": "agentsentinel-shim", "version": __version__}


class Inventory(NamedTuple):
    """What a server says about itself."""

    server_name: str
    """Empty where it does not name itself."""
    server_version: str
    lists: tuple[Listed, ...]
    """Its instructions and its tools, as clients without credentials see them."""

    @property
    def tools(self) -> list[str]:
        """Names of the tools, in the server's order."""
        tools = [tool for listed in self.lists if listed.kind is ItemKind.TOOL for tool in listed.definitions]
        return [tool["name"] for tool in tools if isinstance(tool.get("name"), str)]


class CannotList(Exception):
    """A server at an address does not say which tools it has; the message says why."""


class Server(Protocol):
    """A server that answers requests."""

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """Return the result; None for an error."""

    async def notify(self, method: str) -> None:
        """Send a notification."""


async def take_inventory(command: Sequence[str]) -> Inventory:
    """Start `command`, and ask it for its name and tools. Raises CannotStart."""
    server = _ByPipes()
    try:
        await server.start(command)
        return await asyncio.wait_for(_ask(server), ANSWER_SECONDS)
    except asyncio.TimeoutError:
        raise CannotStart(
            f"{command[0]!a} did not answer within {ANSWER_SECONDS:.0f} s; does it speak MCP over stdio?"
        ) from None
    except ConnectionError:
        raise CannotStart(f"{command[0]!a} ended before it had listed its tools; its own messages say why") from None
    finally:
        await server.stop()


async def take_inventory_at(url: str) -> Inventory:
    """Ask the server at an address for its name and tools. Raises CannotList."""
    async with httpx2.AsyncClient(timeout=httpx2.Timeout(ANSWER_SECONDS, connect=10.0)) as client:
        server = _OverHttp(client, url)
        try:
            return await asyncio.wait_for(_ask(server), ANSWER_SECONDS)
        except (httpx2.TransportError, asyncio.TimeoutError) as error:
            raise CannotList(f"the MCP server cannot be reached ({type(error).__name__}); is its URL right?") from None
        finally:
            await server.leave()


async def _ask(server: Server) -> Inventory:
    """Ask for the name and all pages of tools, first as clients did before 2026-07-28."""
    meta: dict[str, Any] = {}
    hello = {"protocolVersion": _LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
    welcome = await server.ask("initialize", hello)
    if welcome is not None:
        await server.notify("notifications/initialized")
    else:
        meta["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": _MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": _CLIENT,
        }
    about = welcome or {}
    lists = [instructions_of(welcome, "inventory", "")] if welcome is not None else []
    pages = OpenLists()
    cursor: dict[str, Any] = {}
    for _ in range(MOST_PAGES):
        page = await server.ask("tools/list", {**cursor, **meta})
        if page is None:
            break
        about = about or page
        lists.append(pages.page("tools/list", cursor, page, "inventory", ""))
        if not page.get("nextCursor"):
            break
        cursor = {"cursor": page["nextCursor"]}
    seen = introduced(about)
    return Inventory(seen.name, seen.version, tuple(lists))


class _ByPipes:
    """A server that is started for its inventory."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._answers: asyncio.Queue[Message | None] = asyncio.Queue()
        self._server: StdioServer | None = None

    async def start(self, command: Sequence[str]) -> None:
        """Start it. Raises CannotStart."""
        self._server = await StdioServer.start(command, self._take, lambda: self._answers.put_nowait(None))

    async def stop(self) -> None:
        """Stop it, if it was started."""
        if self._server is not None:
            await self._server.stop()

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """Return the result; None for an error. Raises ConnectionError."""
        request_id = next(self._ids)
        await self._send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        while (answer := await self._answers.get()) is not None:
            if answer.id == request_id:
                return answer.result if isinstance(answer.result, dict) else None
        raise ConnectionResetError

    async def notify(self, method: str) -> None:
        """Send a notification. Raises ConnectionError."""
        await self._send({"jsonrpc": "2.0", "method": method})

    async def _send(self, message: dict[str, Any]) -> None:
        if self._server is None:
            raise RuntimeError("the server was not started")
        await self._server.send(json.dumps(message).encode())

    def _take(self, line: bytes) -> None:
        for message in read(line).messages:
            if message.kind in (Kind.RESULT, Kind.ERROR):
                self._answers.put_nowait(message)


class _OverHttp:
    """A server at an address, over streamable HTTP."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._ids = itertools.count(1)
        self._headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """Return the result; None for an error. Raises CannotList and TransportError."""
        request_id = next(self._ids)
        if "_meta" in params:
            self._headers |= {"mcp-protocol-version": _MODERN, "mcp-method": method}
        request = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
        async with self._client.stream("POST", self._url, json=request, headers=self._headers) as response:
            if response.status_code in (401, 403):
                raise CannotList("the MCP server wants credentials, which the client has and the shim has not")
            async for message in _messages(response):
                if message.id == request_id and message.kind in (Kind.RESULT, Kind.ERROR):
                    self._join(response, message)
                    return message.result if isinstance(message.result, dict) else None
        raise CannotList(f"its answer (HTTP {response.status_code}) is not one of MCP over HTTP; is its URL right?")

    async def notify(self, method: str) -> None:
        """Send a notification. Raises TransportError."""
        await self._client.post(self._url, json={"jsonrpc": "2.0", "method": method}, headers=self._headers)

    async def leave(self) -> None:
        """End the session, if there is one."""
        if "mcp-session-id" in self._headers:
            with contextlib.suppress(httpx2.TransportError):
                await self._client.delete(self._url, headers=self._headers, timeout=5.0)

    def _join(self, response: httpx2.Response, message: Message) -> None:
        """Send what the protocol before 2026-07-28 wants after `initialize`."""
        if "mcp-session-id" in response.headers:
            self._headers["mcp-session-id"] = response.headers["mcp-session-id"]
        version = message.result.get("protocolVersion") if isinstance(message.result, dict) else None
        if isinstance(version, str) and version.isascii() and version.isprintable():
            self._headers["mcp-protocol-version"] = version


async def _messages(response: httpx2.Response) -> AsyncIterator[Message]:
    """Read the messages of an answer, which is one or a stream of them. Raises CannotList."""
    events = EventStreamReader() if response.headers.get("content-type", "").startswith("text/event-stream") else None
    body = bytearray()
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MOST_ANSWER:
            raise CannotList(f"its answer is longer than {MOST_ANSWER // 1024 // 1024} MiB")
        copies: list[Copy] = []
        if events is None:
            body += piece
        else:
            copies = [data for _, data in events.feed(piece)]
        for copy in copies:
            for message in read(copy).messages if isinstance(copy, bytes) else ():
                yield message
    for message in read(bytes(body)).messages if body else ():
        yield message

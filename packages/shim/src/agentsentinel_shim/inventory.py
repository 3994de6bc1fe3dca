"""Asks a stdio server for its tools, in either era of the protocol, and stops it again."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

from agentsentinel_shim import __version__
from agentsentinel_shim.jsonrpc import Kind, Message, read
from agentsentinel_shim.upstream import CannotStart, StdioServer

ANSWER_SECONDS = 120.0
"""How long one answer may take: `npx` may have to install the server first."""
MOST_PAGES = 1_000
_LEGACY = "2025-11-25"
_MODERN = "2026-07-28"
_CLIENT = {"name": "agentsentinel-shim", "version": __version__}


async def list_tools(command: Sequence[str]) -> list[str]:
    """Start `command`, and return the names of its tools in its own order. Raises CannotStart."""
    answers: asyncio.Queue[Message | None] = asyncio.Queue()

    def on_line(line: bytes) -> None:
        for message in read(line).messages:
            if message.kind in (Kind.RESULT, Kind.ERROR):
                answers.put_nowait(message)

    server = await StdioServer.start(command, on_line, lambda: answers.put_nowait(None))
    try:
        return await asyncio.wait_for(_ask(server, answers), ANSWER_SECONDS)
    except TimeoutError:
        raise CannotStart(
            f"{command[0]!a} did not answer within {ANSWER_SECONDS:.0f} s; does it speak MCP over stdio?"
        ) from None
    except ConnectionError:
        raise CannotStart(f"{command[0]!a} ended before it had listed its tools; its own messages say why") from None
    finally:
        await server.stop()


async def _ask(server: StdioServer, answers: asyncio.Queue[Message | None]) -> list[str]:
    ids = itertools.count(1)
    meta: dict[str, Any] = {}

    async def ask(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """Return the result; None for an error."""
        request = {"jsonrpc": "2.0", "id": next(ids), "method": method, "params": {**params, **meta}}
        await server.send(json.dumps(request).encode())
        while (answer := await answers.get()) is not None:
            if answer.id == request["id"]:
                return answer.result if isinstance(answer.result, dict) else None
        raise ConnectionResetError

    hello = {"protocolVersion": _LEGACY, "capabilities": {}, "clientInfo": _CLIENT}
    if await ask("initialize", hello) is not None:
        await server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    else:
        meta["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": _MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": _CLIENT,
        }
    names: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(MOST_PAGES):
        page = await ask("tools/list", cursor)
        if page is None:
            break
        tools = page.get("tools")
        names += [tool["name"] for tool in tools or [] if isinstance(tool, dict) and isinstance(tool.get("name"), str)]
        if not page.get("nextCursor"):
            break
        cursor = {"cursor": page["nextCursor"]}
    return names

"""Asks a stdio server for its name and tools, in either era of the protocol, and stops it again."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from agentsentinel_shim import __version__
from agentsentinel_shim.conversation import introduced
from agentsentinel_shim.jsonrpc import Kind, Message, read
from agentsentinel_shim.upstream import CannotStart, StdioServer

ANSWER_SECONDS = 120.0
"""How long one answer may take: `npx` may have to install the server first."""
MOST_PAGES = 1_000
_LEGACY = "2025-11-25"
_MODERN = "2026-07-28"
_CLIENT = {"name": "agentsentinel-shim", "version": __version__}


class Inventory(NamedTuple):
    """What a server says about itself."""

    server_name: str
    """Empty where it does not name itself."""
    tools: list[str]
    """Names, in the server's order."""


async def take_inventory(command: Sequence[str]) -> Inventory:
    """Start `command`, and ask it for its name and tools. Raises CannotStart."""
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


async def _ask(server: StdioServer, answers: asyncio.Queue[Message | None]) -> Inventory:
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
    welcome = await ask("initialize", hello)
    if welcome is not None:
        await server.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
    else:
        meta["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": _MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": _CLIENT,
        }
    about, names = welcome or {}, list[str]()
    cursor: dict[str, Any] = {}
    for _ in range(MOST_PAGES):
        page = await ask("tools/list", cursor)
        if page is None:
            break
        tools = page.get("tools")
        about = about or page
        names += [tool["name"] for tool in tools or [] if isinstance(tool, dict) and isinstance(tool.get("name"), str)]
        if not page.get("nextCursor"):
            break
        cursor = {"cursor": page["nextCursor"]}
    return Inventory(introduced(about).name, names)

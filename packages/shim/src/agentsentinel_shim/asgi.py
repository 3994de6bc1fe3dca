"""The pieces of ASGI that the relay and the bridge share."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import sha256
from typing import Any, Protocol

from agentsentinel_shim.access import CHALLENGE, TokenCheck, without_token
from agentsentinel_shim.jsonrpc import RequestId
from agentsentinel_shim.origin import OriginCheck

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOST_BODY = 64 * 1024 * 1024
"""Bytes of one message to a stdio server, which takes it as one line."""
SERVER_GONE = -32603
"""JSON-RPC's internal error: the codes near it that MCP defines mean something else."""


async def read_body(receive: Receive) -> bytes | None:
    """Read a whole request body; None when it is longer than `MOST_BODY`. Raises ConnectionAbortedError."""
    pieces, size, is_more = [], 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError("the client left before its message was whole")
        piece = message.get("body", b"")
        size += len(piece)
        if size <= MOST_BODY:
            pieces.append(piece)
        is_more = message.get("more_body", False)
    return b"".join(pieces) if size <= MOST_BODY else None


async def answer(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = b"text/plain; charset=utf-8",
    extra: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Send a whole answer of the relay's own."""
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class Service(Protocol):
    """What stands behind a front: the relay or the bridge."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""

    async def aclose(self) -> None:
        """Stop what was started."""


class Front:
    """The ASGI application: refuses requests of foreign web pages and without the token, and serves the others.

    Args:
        service: serves them; it does not see the token.
        origin_check: finds those that a foreign web page has caused.
        token_check: finds those without the token.
    """

    def __init__(self, service: Service, origin_check: OriginCheck, token_check: TokenCheck) -> None:
        self._service = service
        self._origin_check = origin_check
        self._token_check = token_check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the start and stop of the server."""
        if scope["type"] == "lifespan":
            await _serve_lifespan(receive, send, self._service.aclose)
            return
        refusal = self._origin_check.refusal(scope["headers"])
        if refusal is not None:
            await answer(send, 403, refusal)
        elif not self._token_check.is_allowed(scope["headers"]):
            why = b"Unauthorized: the relay needs its token in X-AgentSentinel-Token"
            await answer(send, 401, why, extra=[(b"www-authenticate", CHALLENGE)])
        else:
            scope["headers"] = without_token(scope["headers"])
            await self._service.serve(scope, receive, send)


async def _serve_lifespan(receive: Receive, send: Send, close: Callable[[], Awaitable[None]]) -> None:
    """Answer the messages of a server's start and stop; `close` runs at its stop."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def client_of(scope: Scope) -> str:
    """Tell the clients of a relay apart, as far as HTTP does: by address, credentials and program."""
    headers = dict(scope["headers"])
    peer = scope.get("client") or ("", 0)
    who = (peer[0].encode(), headers.get(b"authorization", b""), headers.get(b"user-agent", b""))
    return sha256(b"\0".join(who)).hexdigest()[:16]


def error_line(request_id: RequestId, why: str, code: int = SERVER_GONE) -> bytes:
    """Return a JSON-RPC error as bytes."""
    value: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": why}}
    return json.dumps(value).encode()

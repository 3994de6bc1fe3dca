"""The token in front of a shim: exactly one, exactly right, and not the MCP server's business."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from agentsentinel_shim.access import CHALLENGE, TOKEN_HEADER, TokenCheck, weakness_of
from agentsentinel_shim.asgi import Front, Receive, Scope, Send, answer
from agentsentinel_shim.origin import LOOPBACK, OriginCheck

TOKEN = "0123456789abcdef"
HOST = (b"host", b"localhost")
BEARER = (b"authorization", b"Bearer of-the-server")


class Upstream:
    """Notes the headers that reach it."""

    def __init__(self) -> None:
        self.reached: list[list[tuple[bytes, bytes]]] = []

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached.append(list(scope["headers"]))
        await answer(send, 200, b"ok")

    async def aclose(self) -> None:
        """Nothing was started."""


def ask(token: str | None, headers: list[tuple[bytes, bytes]]) -> tuple[MutableMapping[str, Any], Upstream]:
    """Send a request; return the head of its answer, and what the upstream saw."""
    upstream = Upstream()
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    front = Front(upstream, OriginCheck(LOOPBACK), TokenCheck(token))
    asyncio.run(front({"type": "http", "headers": headers}, receive, send))
    return sent[0], upstream


@pytest.mark.parametrize("name", [b"X-AgentSentinel-Token", b"x-agentsentinel-token"])
def test_the_right_token_passes_and_only_what_is_the_servers_reaches_it(name: bytes) -> None:
    head, upstream = ask(TOKEN, [HOST, (name, TOKEN.encode()), BEARER])
    assert head["status"] == 200
    assert upstream.reached == [[HOST, BEARER]]


@pytest.mark.parametrize(
    "shown",
    [
        [],
        [b""],
        [TOKEN[:-1].encode()],
        [TOKEN.encode() + b"0"],
        [TOKEN.upper().encode()],
        [TOKEN.encode(), TOKEN.encode()],
        [TOKEN.encode(), b"x"],
        [b"\xff" * 16],
    ],
    ids=range(8),
)
def test_any_other_token_gets_a_401_that_is_not_the_servers(shown: list[bytes]) -> None:
    head, upstream = ask(TOKEN, [HOST, BEARER, *((TOKEN_HEADER, value) for value in shown)])
    assert head["status"] == 401
    assert dict(head["headers"])[b"www-authenticate"] == CHALLENGE
    assert not CHALLENGE.lower().startswith((b"bearer", b"basic"))
    assert upstream.reached == []


def test_the_servers_own_credentials_are_not_the_token() -> None:
    head, upstream = ask(TOKEN, [HOST, (b"authorization", f"Bearer {TOKEN}".encode())])
    assert (head["status"], upstream.reached) == (401, [])


def test_without_a_token_every_request_passes_and_a_token_is_still_not_forwarded() -> None:
    head, upstream = ask(None, [HOST, (TOKEN_HEADER, b"x")])
    assert (head["status"], upstream.reached) == (200, [[HOST]])


@pytest.mark.parametrize("token", ["", "short", "with spaces in the middle", "ümlaute-ümlaute-ümlaute", "line\n" * 9])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    assert weakness_of(token)
    assert weakness_of(TOKEN) is None

"""Each request has an id, which the answer shows and log lines carry."""

import asyncio
import re
from typing import Any

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from agentsentinel.wire.request_id import RequestId


def answered(headers: list[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], dict[str, Any]]:
    """Return the headers of an answer to a request with these headers, and what a log line would carry meanwhile."""
    seen: dict[str, Any] = {}
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(structlog.contextvars.get_contextvars())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        raise AssertionError("the body is not read")

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(RequestId(app)({"type": "http", "headers": headers}, receive, send))
    assert "request_id" not in structlog.contextvars.get_contextvars()
    return dict(sent[0]["headers"]), seen


def test_an_id_that_came_with_the_request_is_kept() -> None:
    headers, seen = answered([(b"x-request-id", b"3f6c-A:b.1")])
    assert headers == {b"a": b"b", b"x-request-id": b"3f6c-A:b.1"}
    assert seen == {"request_id": "3f6c-A:b.1"}


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 129, b"line\x0afeed", "ü".encode()])
def test_an_id_that_could_confuse_a_log_is_replaced(given: bytes) -> None:
    headers, seen = answered([(b"x-request-id", given)])
    assert re.fullmatch(r"[0-9a-f]{32}", seen["request_id"])
    assert headers[b"x-request-id"].decode() == seen["request_id"]


def test_requests_without_an_id_get_different_ones() -> None:
    assert answered([])[1] != answered([])[1]

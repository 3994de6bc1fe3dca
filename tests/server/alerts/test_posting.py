"""One POST: bounded in time, and errors that name the cause and never the address."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from agentsentinel.alerts.destination import DeliveryError
from agentsentinel.alerts.posting import host_of, post, reason
from server.alerts.receivers import http_receiver


def test_headers_and_body_arrive_as_given() -> None:
    with http_receiver(204) as receiver:
        answered = asyncio.run(post(receiver.url, b'{"a":1}', {"X-Extra": "yes"}, receiver="it"))
    [posted] = receiver.requests
    assert answered == "answered 204"
    assert (posted.path, posted.body, posted.headers["x-extra"]) == ("/hook/secret-path", b'{"a":1}', "yes")


def test_an_answer_that_never_ends_is_not_read() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1024

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=endless()))
    assert asyncio.run(post("https://example.com", b"", {}, receiver="it", transport=transport)) == "answered 200"


def test_the_receiver_may_say_when_to_come_again() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(503, headers={"Retry-After": "120"}))
    with pytest.raises(DeliveryError, match="it answered 503") as refused:
        asyncio.run(post("https://example.com", b"", {}, receiver="it", transport=transport))
    assert refused.value.retry_after == 120


def test_a_cause_is_named_without_its_message() -> None:
    assert reason(TimeoutError("secret")) == "timed out"
    assert reason(httpx2.ConnectTimeout("secret")) == "timed out"
    assert reason(OSError("secret")) == "OSError"
    wrapped = httpx2.ConnectError("secret")
    wrapped.__cause__ = ConnectionRefusedError()
    assert reason(wrapped) == "connection refused"


def test_only_scheme_and_host_of_an_address_are_shown() -> None:
    assert host_of("https://example.com:8443/secret?token=secret") == "https://example.com:8443"

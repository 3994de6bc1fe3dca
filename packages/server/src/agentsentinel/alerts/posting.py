"""One POST to a receiver of alerts: no redirects, no proxy of the environment, and a timeout for all of it."""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import httpx2

from agentsentinel.alerts.destination import DeliveryError

TIMEOUT_SECONDS = 5.0
LONGEST_RETRY_AFTER = 3600.0
"""Longest Retry-After in seconds that is honoured, so that a receiver cannot put its alerts off for ever."""


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    receiver: str,
    is_accepted: Callable[[int], bool] = lambda status: 200 <= status < 300,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> str:
    """Post a JSON body and return the status that the receiver answered. The body of the answer is not read.

    Raises DeliveryError, which names the receiver as given and never its address.
    """
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=transport
            ) as client,
            client.stream(
                "POST", url, content=body, headers={"Content-Type": "application/json", **headers}
            ) as response,
        ):
            status, retry_after = response.status_code, _retry_after(response)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
        raise DeliveryError(f"{receiver} cannot be reached: {reason(error)}") from None
    if not is_accepted(status):
        raise DeliveryError(f"{receiver} answered {status}", retry_after)
    return f"answered {status}"


def reason(error: BaseException) -> str:
    """Name the cause of a failed connection. The messages of errors are left out, since they may hold the address."""
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        return "timed out"
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ConnectionRefusedError):
            return "connection refused"
        link = link.__cause__ or link.__context__
    return type(error).__name__


def host_of(url: str) -> str:
    """Return scheme and host of an address. Its path and query are left out, since they may be the secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _retry_after(response: httpx2.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_RETRY_AFTER) if value.isascii() and value.isdigit() else None

"""The fast path: short requests that are answered without a task and ASGI messages of their own.

Those cost more than the whole work of reporting an event. A reporting client sends the same head (request line and
headers) again and again, so the bytes of a parsed head are cached, and an equal head is not parsed again. All requests
that the application does not answer on the fast path take the ASGI path.
"""

from collections.abc import Callable
from typing import Protocol

from starlette.types import Scope

from agentsentinel.wire.head import Headers

Respond = Callable[[int, Headers, bytes], None]
"""Callback for an answer: status, headers and body. Called once, at once or later."""

FastHandler = Callable[[bytes, Respond], bool]
"""Handler of a whole body: responds through the callback, or returns False to have the request take the ASGI path."""


class FastPath(Protocol):
    """An ASGI application that can answer some requests on the fast path."""

    def fast_handler(self, scope: Scope) -> FastHandler | None:
        """Return the handler of requests with this head, or None if they take the ASGI path.

        The handler is cached for the lifetime of the process: what may change, such as whether a key is still live,
        has to be checked by the handler at each call.
        """


class KnownHeads:
    """Cache of the heads of requests that may take the fast path, by their bytes, with the length of the body.

    Only complete heads of requests that were parsed and then answered on the fast path are added. So the cache holds
    nothing that the parser would have refused or read differently, and a client without a live key cannot fill it.
    """

    MOST = 4096
    """Capacity; a full cache is cleared."""
    MOST_BYTES = 2048
    """Size limit of a cached head, so that all of them together stay under 8 MiB; a longer head is parsed each time."""

    def __init__(self) -> None:
        self._heads: dict[bytes, tuple[FastHandler, int]] = {}
        self.find = self._heads.get

    def learn(self, head: bytes, handler: FastHandler, length: int) -> None:
        """Cache the head of a request whose body has `length` bytes."""
        if len(head) > self.MOST_BYTES:
            return
        if len(self._heads) >= self.MOST:
            self._heads.clear()
        self._heads[head] = (handler, length)

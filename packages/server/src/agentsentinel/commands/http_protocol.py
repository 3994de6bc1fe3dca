"""HTTP as uvicorn speaks it, with bounds on what a client may do to a connection, and a short way for short requests.

uvicorn's parser would take gigabytes of headers, and waits for a slow client forever. In front of the server a proxy
may do better; the port itself must not depend on it.

The short way: an application may offer to answer some requests without a task and an ASGI conversation of their own,
which cost more than all that reporting an event takes. Whatever it does not want to answer so goes the usual way.
"""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

Respond = Callable[[int, Iterable[tuple[bytes, bytes]], bytes], None]
"""Takes status, headers and body of an answer, now or later, once."""


Answer = Callable[[bytes, Respond], bool]
"""Takes a whole body and answers it, or returns False to have the request called as an ASGI application."""


class DirectApp(Protocol):
    """What an ASGI application offers that answers some requests directly."""

    def direct(self, scope: Scope) -> Answer | None:
        """How to answer a request with this head directly, if at all."""


MAX_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
"""A request line and its headers must be there within so long, the first one counted from the connection."""
MESSAGE_SECONDS = 30.0
"""So must a whole request, its body included."""
WATCH_SECONDS = 5.0
"""How often a connection is looked at: a slow one is cut at most so much later."""


class HttpProtocol(HttpToolsProtocol):
    """One connection. Endless headers are answered 400, and a client that dawdles is cut off."""

    _is_in_head = True
    _is_in_message = True
    _head_bytes = 0
    _begun_at = 0.0
    _watch: asyncio.TimerHandle | None = None
    _held: tuple[RequestResponseCycle, Answer] | None = None
    """A request that may be answered directly once its body is there."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._direct: DirectApp | None = self.app if hasattr(self.app, "direct") else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, and owes us a request."""
        super().connection_made(transport)
        self._begun_at = self.loop.time()
        self._watch = self.loop.call_later(WATCH_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse. Only what comes while the headers go on is counted, so that a body is never mistaken for them."""
        was_in_head = self._is_in_head
        super().data_received(data)
        if was_in_head and self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.logger.warning("Request headers are too long.")
                self.send_400_response("Request headers are too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_in_head = self._is_in_message = True
        self._head_bytes = 0
        self._begun_at = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there; how long the answer takes is our affair."""
        self._is_in_message = False
        super().on_message_complete()
        if self._held is not None:
            (cycle, answer), self._held = self._held, None
            if not answer(bytes(cycle.body), partial(self._respond, cycle)):
                super()._start_asgi_task(cycle, self.app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        answer = None
        if self._direct is not None and cycle.more_body and not cycle.waiting_for_100_continue:
            answer = self._direct.direct(cast("Scope", cycle.scope))
        if answer is None or app is not self.app:
            super()._start_asgi_task(cycle, app)
        else:
            self._held = (cycle, answer)

    def _respond(
        self, cycle: RequestResponseCycle, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """What `cycle.send` does with the two messages of an answer, in one write."""
        if cycle.disconnected or self.transport.is_closing():
            return
        head = [STATUS_LINE[status]]
        for name, value in (*cycle.default_headers, *headers):
            head += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            head.append(b"connection: close\r\n")
        head.append(b"content-length: %d\r\n\r\n" % len(body))
        head.append(body)
        self.transport.write(b"".join(head))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _look(self) -> None:
        """Cut the connection when its client takes too long, else look again later."""
        seconds = self.loop.time() - self._begun_at
        if (self._is_in_head and seconds > HEAD_SECONDS) or (self._is_in_message and seconds > MESSAGE_SECONDS):
            self.transport.abort()
            return
        self._watch = self.loop.call_later(WATCH_SECONDS, self._look)

"""HTTP as uvicorn speaks it, with bounds on what a client may do to a connection.

uvicorn's parser would take gigabytes of headers, and waits for a slow client forever. In front of the server a proxy
may do better; the port itself must not depend on it.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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

    def _look(self) -> None:
        """Cut the connection when its client takes too long, else look again later."""
        seconds = self.loop.time() - self._begun_at
        if (self._is_in_head and seconds > HEAD_SECONDS) or (self._is_in_message and seconds > MESSAGE_SECONDS):
            self.transport.abort()
            return
        self._watch = self.loop.call_later(WATCH_SECONDS, self._look)

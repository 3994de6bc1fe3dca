"""uvicorn's HTTP protocol with limits on size and time of requests, and the fast path for short ones.

uvicorn's parser accepts gigabytes of headers and waits for a slow client forever. A proxy in front of the server may
prevent that, but the port itself must not depend on one.
"""

import asyncio
from functools import lru_cache, partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from agentsentinel.wire.fast_path import FastHandler, FastPath, KnownHeads
from agentsentinel.wire.head import Headers

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
"""Timeout of the request line and headers; for the first request it starts with the connection."""
MESSAGE_SECONDS = 30.0
"""Timeout of a whole request, its body included."""
WATCH_SECONDS = 5.0
"""Interval of the check for slow connections: one is cut at most this long after its timeout."""


class HttpProtocol(HttpToolsProtocol):
    """One connection, with limits: too long headers are answered 400, and a slow client is disconnected."""

    _is_in_head = True
    _is_in_message = True
    _head_bytes = 0
    _begun_at = 0.0
    """Loop time at which this request began or, between two requests, the last one was answered."""
    _watch: asyncio.TimerHandle | None = None
    _candidate: bytes | None = None
    """Head of the request that begins with the bytes being parsed, if they contain all of it."""
    _held: tuple[RequestResponseCycle, FastHandler] | None = None
    """A request that may take the fast path once its body has arrived."""
    _is_answering = False
    """Whether a request with a cached head waits for its answer."""
    _early = b""
    """Bytes received while `_is_answering`, to be parsed after the answer."""
    _is_ending = False
    """Whether the connection is closed after the pending answer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fast_path: FastPath | None = self.app if hasattr(self.app, "fast_handler") else None
        self._heads = _HEADS.setdefault(self.app, KnownHeads())

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeouts of a new connection, which has to send a request."""
        super().connection_made(transport)
        self._begun_at = self.loop.time()
        self._watch = self.loop.call_later(WATCH_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeouts of a closed connection."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer a request with a cached head, parse any other, and buffer what arrives before a pending answer."""
        if self._is_answering:
            self._early += data
            self.flow.pause_reading()
        elif self._is_in_message or not self._answer_known(data):
            self._parse(data)

    def _answer_known(self, data: bytes) -> bool:
        """Answer a whole request with a cached head between two requests; return whether it was answered."""
        if self._fast_path is None or (self.cycle is not None and not self.cycle.response_complete):
            return False
        end = data.find(HEAD_END) + len(HEAD_END)
        head = data[:end]
        known = self._heads.find(head)
        if known is None:
            self._candidate = head if end >= len(HEAD_END) else None
            return False
        handler, length = known
        if len(data) - end != length:
            return False
        self._is_answering = True
        if not handler(data[end:], self._respond_known):
            self._is_answering = False
            return False
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        return True

    def _respond_known(self, status: int, headers: Headers, body: bytes) -> None:
        self._is_answering = False
        if self.transport.is_closing():
            return
        self.transport.write(_message(status, self.server_state.default_headers, headers, body, self._is_ending))
        self.server_state.total_requests += 1
        self._begun_at = self.loop.time()
        if self._is_ending:
            self.transport.close()
        elif self._early:
            early, self._early = self._early, b""
            self.flow.resume_reading()
            self.data_received(early)

    def _parse(self, data: bytes) -> None:
        """Pass data to uvicorn's parser, and refuse headers that are too long.

        Only data within the headers is counted, so that a body never counts as headers.
        """
        was_in_head = self._is_in_head
        super().data_received(data)
        self._candidate = None
        if was_in_head and self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.logger.warning("Request headers are too long.")
                self.send_400_response("Request headers are too long.")

    def shutdown(self) -> None:
        """Close the connection because the server stops, after the pending answer if there is one."""
        if self._is_answering:
            self._is_ending = True
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """Start the timeouts of a request."""
        super().on_message_begin()
        self._is_in_head = self._is_in_message = True
        self._head_bytes = 0
        self._begun_at = self.loop.time()

    def on_headers_complete(self) -> None:
        """End the timeout of the headers."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the timeout of the request, and answer it on the fast path if its handler does."""
        self._is_in_message = False
        super().on_message_complete()
        candidate, self._candidate = self._candidate, None
        if self._held is not None:
            (cycle, handler), self._held = self._held, None
            if not handler(bytes(cycle.body), partial(self._respond, cycle)):
                super()._start_asgi_task(cycle, self.app)
            elif candidate is not None and cycle.keep_alive and not self.parser.should_upgrade():
                self._learn(candidate, handler)

    def on_response_complete(self) -> None:
        """Start the idle time of the connection after an answer."""
        self._begun_at = self.loop.time()
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        handler = None
        if self._fast_path is not None and cycle.more_body and not cycle.waiting_for_100_continue:
            handler = self._fast_path.fast_handler(cast("Scope", cycle.scope))
        if handler is None or app is not self.app:
            super()._start_asgi_task(cycle, app)
            return
        self._held = (cycle, handler)

    def _learn(self, head: bytes, handler: FastHandler) -> None:
        """Cache the head of a request that was answered on the fast path."""
        if _is_plain(head):
            length = next(int(value) for name, value in self.headers if name == b"content-length")
            self._heads.learn(head, handler, length)

    def _respond(self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> None:
        """Send an answer in one write, with the effects that `cycle.send` has for the two messages of an answer."""
        if cycle.disconnected or self.transport.is_closing():
            return
        self.transport.write(_message(status, cycle.default_headers, headers, body, not cycle.keep_alive))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _look(self) -> None:
        """Cut the connection if its client has exceeded a timeout, else schedule the next check."""
        seconds = self.loop.time() - self._begun_at
        is_owing = (self._is_in_head and seconds > HEAD_SECONDS) or (self._is_in_message and seconds > MESSAGE_SECONDS)
        is_idle = not self._is_in_message and self._owes_nothing() and seconds > self.timeout_keep_alive
        if is_owing:
            self.transport.abort()
        elif is_idle:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(WATCH_SECONDS, self._look)

    def _owes_nothing(self) -> bool:
        """Tell whether every request was answered."""
        return not self._is_answering and (self.cycle is None or self.cycle.response_complete)


_HEADS: WeakKeyDictionary[Any, KnownHeads] = WeakKeyDictionary()
"""Cache of heads for each application; a process has one application, and tests have several."""


def _is_plain(head: bytes) -> bool:
    """Tell whether the bytes up to the first empty line are exactly one request's head.

    The parser also accepts bare line feeds, which could hide the end of a head; such a head is not cached.
    """
    return head.startswith(b"POST ") and head.count(b"\n") == head.count(b"\r\n") == head.count(b"\r")


def _message(status: int, common: Headers, own: Headers, body: bytes, is_last: bool) -> bytes:
    """Serialize a whole HTTP/1.1 answer."""
    close = b"connection: close\r\n" if is_last else b""
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (_head(status, tuple(common), tuple(own)), close, len(body), body)


@lru_cache(maxsize=64)
def _head(status: int, common: Headers, own: Headers) -> bytes:
    """Serialize the status line and headers. Cached, since nearly all answers of a second have the same."""
    lines = b"".join(b"%b: %b\r\n" % header for header in (*common, *own))
    return STATUS_LINE[status] + lines

"""HTTP as uvicorn speaks it, with bounds on what a client may do to a connection, and a short way for short requests.

uvicorn's parser would take gigabytes of headers, and waits for a slow client forever. In front of the server a proxy
may do better; the port itself must not depend on it.

The short way: an application may offer to answer some requests without a task and an ASGI conversation of their own,
which cost more than all that reporting an event takes. A client that reports sends the same head again and again, so
a head that was parsed once is known by its bytes from then on, and not even parsed again. Whatever the application does
not want to answer so goes the usual way.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

Headers = Sequence[tuple[bytes, bytes]]
Respond = Callable[[int, Headers, bytes], None]
"""Takes status, headers and body of an answer, now or later, once."""


Answer = Callable[[bytes, Respond], bool]
"""Takes a whole body and answers it, or returns False to have the request called as an ASGI application."""


class DirectApp(Protocol):
    """What an ASGI application offers that answers some requests directly."""

    def direct(self, scope: Scope) -> Answer | None:
        """How to answer requests with this head, if at all. The answer holds for as long as the process lives: what
        may change, such as whether a key is still good, is for the Answer to look at each time."""


class KnownHeads:
    """The heads of requests that may be answered directly, by their bytes, with the length of the body that follows.

    Only complete heads of requests that were parsed the usual way and answered directly get in: nothing is known here
    which the parser would have refused or read differently, and without a live key nobody can fill it.
    """

    MOST = 4096
    """When it is full, all are learnt anew."""
    MOST_BYTES = 2048
    """A longer head is parsed each time, so that all of them together stay under 8 MiB."""

    def __init__(self) -> None:
        self._heads: dict[bytes, tuple[Answer, int]] = {}
        self.find = self._heads.get

    def learn(self, head: bytes, answer: Answer, length: int) -> None:
        """Remember this head of a request whose body is so many bytes long."""
        if len(head) > self.MOST_BYTES:
            return
        if len(self._heads) >= self.MOST:
            self._heads.clear()
        self._heads[head] = (answer, length)


HEAD_END = b"\r\n\r\n"
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
    """When this request began or, between two, when the last one was answered."""
    _watch: asyncio.TimerHandle | None = None
    _candidate: bytes | None = None
    """The head of the request that begins with the bytes being parsed, if all of it is there."""
    _held: tuple[RequestResponseCycle, Answer] | None = None
    """A request that may be answered directly once its body is there."""
    _is_answering = False
    """Whether a request whose head is known waits for its answer."""
    _early = b""
    """What came in meanwhile."""
    _is_ending = False
    """Whether the connection ends with that answer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._direct: DirectApp | None = self.app if hasattr(self.app, "direct") else None
        self._heads = _HEADS.setdefault(self.app, KnownHeads())

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
        """Answer what is known, parse what is not."""
        if self._is_answering:
            self._early += data
            self.flow.pause_reading()
        elif self._is_in_message or not self._answer_known(data):
            self._parse(data)

    def _answer_known(self, data: bytes) -> bool:
        """Between two requests: answer a whole one whose head is known; returns whether it did."""
        if self._direct is None or (self.cycle is not None and not self.cycle.response_complete):
            return False
        end = data.find(HEAD_END) + len(HEAD_END)
        head = data[:end]
        known = self._heads.find(head)
        if known is None:
            self._candidate = head if end >= len(HEAD_END) else None
            return False
        answer, length = known
        if len(data) - end != length:
            return False
        self._is_answering = True
        if not answer(data[end:], self._respond_known):
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
        """The usual way. Only what comes while the headers go on is counted, so that a body is never mistaken for
        them."""
        was_in_head = self._is_in_head
        super().data_received(data)
        self._candidate = None
        if was_in_head and self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.logger.warning("Request headers are too long.")
                self.send_400_response("Request headers are too long.")

    def shutdown(self) -> None:
        """The server stops: end the connection, after the answer if one is owed."""
        if self._is_answering:
            self._is_ending = True
        else:
            super().shutdown()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._is_in_head = self._is_in_message = True
        self._head_bytes = 0
        self._begun_at = self.loop.time()

    def on_headers_complete(self) -> None:
        """Its headers are all there."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there; how long the answer takes is our affair."""
        self._is_in_message = False
        super().on_message_complete()
        candidate, self._candidate = self._candidate, None
        if self._held is not None:
            (cycle, answer), self._held = self._held, None
            if not answer(bytes(cycle.body), partial(self._respond, cycle)):
                super()._start_asgi_task(cycle, self.app)
            elif candidate is not None and cycle.keep_alive and not self.parser.should_upgrade():
                self._learn(candidate, answer)

    def on_response_complete(self) -> None:
        """A request is answered."""
        self._begun_at = self.loop.time()
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        answer = None
        if self._direct is not None and cycle.more_body and not cycle.waiting_for_100_continue:
            answer = self._direct.direct(cast("Scope", cycle.scope))
        if answer is None or app is not self.app:
            super()._start_asgi_task(cycle, app)
            return
        self._held = (cycle, answer)

    def _learn(self, head: bytes, answer: Answer) -> None:
        """Know the head of a request that was answered directly from now on."""
        if _is_plain(head):
            length = next(int(value) for name, value in self.headers if name == b"content-length")
            self._heads.learn(head, answer, length)

    def _respond(self, cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> None:
        """What `cycle.send` does with the two messages of an answer, in one write."""
        if cycle.disconnected or self.transport.is_closing():
            return
        self.transport.write(_message(status, cycle.default_headers, headers, body, not cycle.keep_alive))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _look(self) -> None:
        """Cut the connection when its client takes too long, else look again later."""
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
        """Whether every request was answered."""
        return not self._is_answering and (self.cycle is None or self.cycle.response_complete)


_HEADS: WeakKeyDictionary[Any, KnownHeads] = WeakKeyDictionary()
"""What each application's connections know; there is one application in a process, and tests have several."""


def _is_plain(head: bytes) -> bool:
    """Whether the bytes up to the first empty line are one request's head, however lenient the parser is."""
    return head.startswith(b"POST ") and head.count(b"\n") == head.count(b"\r\n") == head.count(b"\r")


def _message(status: int, common: Headers, own: Headers, body: bytes, is_last: bool) -> bytes:
    """A whole answer as it goes over the wire."""
    close = b"connection: close\r\n" if is_last else b""
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (_head(status, tuple(common), tuple(own)), close, len(body), body)


@lru_cache(maxsize=64)
def _head(status: int, common: Headers, own: Headers) -> bytes:
    """The status line and headers. Nearly all answers of a second have the same."""
    lines = b"".join(b"%b: %b\r\n" % header for header in (*common, *own))
    return STATUS_LINE[status] + lines

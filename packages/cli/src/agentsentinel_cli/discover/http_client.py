"""HTTP/1.1 requests to hosts that may be hostile: bounded in bytes and time, without redirects and credentials.

Ordinary clients decompress bodies, follow redirects, keep connections and have time-outs per read. A probe wants none
of that: 64 KiB and a deadline, whatever the host does.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import h11

from agentsentinel_cli import __version__

MOST_BYTES = 64 * 1024
"""Bytes that are read from one host before it is known to be a server of interest."""
_UNANSWERED = 5
"""Requests to one host that wait for its answer at a time. Small servers let five connections wait to be accepted; one
more waits a second or longer, until its first packet is sent again."""
_TURN = 0.25
"""Seconds after which a request without an answer lets the next one begin: a host may answer only some."""
_MOST_HEAD = 16 * 1024
_PIECE = 4 * 1024
_TLS_ALERT = b"\x15\x03"
_HEAD_START = 0.5
"""Seconds after which the other of HTTP and HTTPS is tried beside the first."""
_USER_AGENT = f"sentinel-discover/{__version__}"


class Address(NamedTuple):
    """Where a server listens, and how it is spoken to."""

    host: str
    port: int
    is_tls: bool = False

    @property
    def authority(self) -> str:
        """Return `host:port`, with brackets around an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Return the address as the beginning of a URL."""
        return f"{'https' if self.is_tls else 'http'}://{self.authority}"


class Answer(NamedTuple):
    """The beginning of a server's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, or None when it is not JSON or nested too deeply."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Budget:
    """Bytes that may still be read from one host, and requests that may wait for it; shared by all requests to it."""

    def __init__(self, count: int = MOST_BYTES) -> None:
        self.left = count
        self.turns = asyncio.Semaphore(_UNANSWERED)


class NoAnswer(Exception):
    """The server does not answer in HTTP; the message says what happened."""


class OtherProtocol(NoAnswer):
    """The server answered a plain request in another protocol, and not with an alert of TLS: it speaks that one."""


class Exchange:
    """One request, and its answer as it comes in. Close it with `aclose`."""

    def __init__(self, address: Address, budget: Budget) -> None:
        self._address = address
        self._budget = budget
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._first = b""
        """First bytes of the answer."""
        self._turn: asyncio.TimerHandle | None = None
        """Ends the exchange's turn, while it has one."""

    async def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send the request, and return the head of the answer, without its body. Raises NoAnswer."""
        await self._budget.turns.acquire()
        self._turn = asyncio.get_running_loop().call_later(_TURN, self._end_turn)
        try:
            self._reader, self._writer = await asyncio.open_connection(
                self._address.host, self._address.port, ssl=_tls() if self._address.is_tls else None, limit=_PIECE
            )
            self._writer.write(self._request(method, path, headers, body))
            await self._writer.drain()
            event = await self._next()
            while isinstance(event, h11.InformationalResponse):
                event = await self._next()
        except (OSError, ssl.SSLError, h11.ProtocolError, UnicodeError, ValueError) as error:
            is_other = isinstance(error, h11.RemoteProtocolError) and not self._address.is_tls
            if is_other and not self._first.startswith(_TLS_ALERT):
                raise OtherProtocol("speaks another protocol") from error
            raise NoAnswer(type(error).__name__) from error
        if not isinstance(event, h11.Response):
            raise NoAnswer("closed the connection")
        names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in event.headers}
        return Answer(event.status_code, names, b"")

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes in, until it ends, breaks off or uses the budget up."""
        try:
            while True:
                event = await self._next()
                if not isinstance(event, h11.Data):
                    return
                yield bytes(event.data)
        except (OSError, ssl.SSLError, h11.ProtocolError):
            return

    async def aclose(self) -> None:
        """Close the connection at once, without waiting for the host."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
            self._budget.turns.release()

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        fields = {
            "Host": self._address.authority,
            "User-Agent": _USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        if body:
            fields["Content-Length"] = str(len(body))
        request = h11.Request(method=method, target=path, headers=list(fields.items()))
        parts = [self._connection.send(request), self._connection.send(h11.Data(body)) if body else b""]
        return b"".join(part or b"" for part in (*parts, self._connection.send(h11.EndOfMessage())))

    async def _next(self) -> Any:
        while True:
            event = self._connection.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._reader is None or self._budget.left <= 0:
                return h11.ConnectionClosed()
            # Taken before reading, since other requests to the host read at the same time.
            share = min(_PIECE, self._budget.left)
            self._budget.left -= share
            data = b""
            try:
                data = await self._reader.read(share)
            finally:
                self._budget.left += share - len(data)
            self._first = self._first or data
            self._connection.receive_data(data)


async def request(
    address: Address,
    budget: Budget,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Send a request and return its answer, within the budget. Raises NoAnswer. The caller sets the deadline.

    Bodies other than JSON and plain text are not read: pages would use the budget up and tell nothing.
    """
    exchange = Exchange(address, budget)
    try:
        head = await exchange.send(method, path, headers or {}, body)
        if not head.headers.get("content-type", "text/plain").startswith(("application/json", "text/plain")):
            return head
        return head._replace(body=b"".join([piece async for piece in exchange.pieces()]))
    finally:
        await exchange.aclose()


async def greet(host: str, port: int, budget: Budget, *, tls_first: bool) -> tuple[Address, Answer]:
    """Ask for `/health`, and return how the server is spoken to with its answer.

    The likelier of HTTP and HTTPS is tried first; the other one beside it once the first fails or keeps silent.
    Raises NoAnswer when the server speaks neither.
    """
    first, second = (Address(host, port, is_tls) for is_tls in ((True, False) if tls_first else (False, True)))
    waiting = {asyncio.ensure_future(_greet(first, budget))}
    error: BaseException | None = None
    try:
        done, _ = await asyncio.wait(waiting, timeout=_HEAD_START)
        if not (done and _is_final(next(iter(done)))):
            waiting.add(asyncio.ensure_future(_greet(second, budget)))
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is None:
                    return task.result()
        raise error or NoAnswer("does not speak HTTP")
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _greet(address: Address, budget: Budget) -> tuple[Address, Answer]:
    answer = await request(address, budget, "GET", "/health")
    if not address.is_tls and answer.status == 400 and _wants_tls(answer):
        raise NoAnswer("wants TLS")
    return address, answer


def _is_final(task: "asyncio.Future[tuple[Address, Answer]]") -> bool:
    """Whether the first attempt decides: it was answered, in whatever protocol, or the port is closed."""
    error = task.exception()
    return error is None or isinstance(error, OtherProtocol) or isinstance(error.__cause__, ConnectionRefusedError)


def _wants_tls(answer: Answer) -> bool:
    """Whether an error is how nginx, Go and others answer a plain request on a port of TLS."""
    return b"HTTPS" in answer.body.upper() or "text/html" in answer.headers.get("content-type", "")


_context: ssl.SSLContext | None = None


def _tls() -> ssl.SSLContext:
    """Return a context that accepts every certificate: nothing secret is sent, and a bad one must not hide a server."""
    global _context  # noqa: PLW0603 - loading the authorities takes 20 ms, and every probe needs the same context
    if _context is None:
        _context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _context.check_hostname = False
        _context.verify_mode = ssl.CERT_NONE
        with contextlib.suppress(ssl.SSLError, ValueError):
            _context.minimum_version = ssl.TLSVersion.TLSv1_2
    return _context

"""Serves a stdio server over HTTP: streamable HTTP at `/mcp`, and the legacy SSE transport at `/sse`.

Messages keep their bytes: a line of the server becomes the data of one event, a body becomes one line. Each client
session has a server process of its own, so ids, subscriptions and state of two clients never meet, unless all are to
share one (`shared_server.py`). Since 2026-07-28
there are no sessions, and the requests of one client share a process.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentsentinel_shim import modern
from agentsentinel_shim.answer_stream import AnswerStream, Line, parse_event_id
from agentsentinel_shim.asgi import (
    MOST_BODY,
    Receive,
    Scope,
    Send,
    answer,
    client_of,
    error_line,
    read_body,
)
from agentsentinel_shim.conversation import Link
from agentsentinel_shim.enforcement.gate import SETTLE_SECONDS, SETTLE_TRIES, Gate
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.headers import MODERN, McpHeaders
from agentsentinel_shim.jsonrpc import Kind, Message, RequestId, read
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.shared_server import Attachment, SharedServer
from agentsentinel_shim.upstream import BackOff, CannotStart, StdioServer

logger = logging.getLogger("agentsentinel.shim")

MESSAGES_PATH = "/messages/"
MOST_SESSIONS = 1_000
"""Sessions, and so server processes, at once; beyond it the one that was used longest ago ends."""
IDLE_SECONDS = 3600.0
"""A session without a message from its client for longer, and without an open stream, ends when another begins."""
KEEP_ALIVE_SECONDS = 15.0
_JSON = b"application/json"
_EVENTS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]

_ALLOWED = {"/mcp": b"GET, POST, DELETE", "/sse": b"GET", "/messages": b"POST"}
_RESUMABLE_FROM = "2025-11-25"
"""The first revision whose clients take an event without data, from which an answer can be resumed."""
_RETRY_MS = 1000
_MOST_RESUMABLE = 20
"""Answers of one session that can be resumed."""


@dataclass
class _Session:
    """One client's server process, and the streams that its messages leave by."""

    id: str
    link: Link
    is_modern: bool = False
    server: StdioServer | Attachment | None = None
    """Its process, or its part of a shared one; None while it starts, and when it could not."""
    starting: asyncio.Task[None] | None = None
    waiting: dict[RequestId, AnswerStream] = field(default_factory=dict)
    """Requests without an answer yet, with the stream that each answer goes to."""
    progress: dict[RequestId, AnswerStream] = field(default_factory=dict)
    """Progress tokens of those requests."""
    standing: AnswerStream | None = None
    """The stream for messages that belong to no request."""
    early: list[bytes] = field(default_factory=list)
    """Such messages from before that stream was opened; a bounded number."""
    resumable: deque[AnswerStream] = field(default_factory=lambda: deque(maxlen=_MOST_RESUMABLE))
    """The newest answers that a client can resume."""
    numbers: Iterator[int] = field(default_factory=itertools.count)
    used_at: float = field(default_factory=time.monotonic)
    started_at: float = field(default_factory=time.monotonic)

    @property
    def is_idle(self) -> bool:
        """Whether its client has been away for so long that it may end."""
        is_open = bool(self.waiting) or self.standing is not None
        return not is_open and time.monotonic() - self.used_at > IDLE_SECONDS

    def expect(self, requests: Sequence[Message], stream: AnswerStream) -> None:
        """Send the answers of these requests, and their progress, to a stream."""
        for message in requests:
            self.waiting[message.id] = stream
            token = _progress_token(message)
            if token is not None:
                self.progress[token] = stream

    def has_use_for(self, requests: Sequence[Message]) -> bool:
        """Whether an id or a progress token of these requests is that of another one without an answer."""
        return any(message.id in self.waiting or _progress_token(message) in self.progress for message in requests)

    def route(self, line: bytes, messages: Sequence[Message]) -> None:
        """Put a message of the server on the stream where its client expects it."""
        for message in messages:
            if message.kind in (Kind.RESULT, Kind.ERROR):
                stream = self.waiting.pop(message.id, None)
                if stream is not None:
                    stream.put(line)
                    if stream not in self.waiting.values():
                        self.finish(stream)
                    return
        self._stream_of(messages).put(line) if self._has_stream(messages) else self._keep(line)

    def end(self, why: str) -> None:
        """Answer every request with an error, and end all streams."""
        for request_id, stream in self.waiting.items():
            stream.put(error_line(request_id, why))
            stream.end()
        self.waiting.clear()
        if self.standing is not None:
            self.standing.end()

    def finish(self, stream: AnswerStream) -> None:
        """End an answer, and forget its progress tokens."""
        stream.end()
        self.progress = {token: other for token, other in self.progress.items() if other is not stream}

    def new_answer(self, *, is_resumable: bool) -> AnswerStream:
        """Return the stream of the next answer."""
        if not is_resumable:
            return AnswerStream()
        stream = AnswerStream(next(self.numbers))
        self.resumable.append(stream)
        return stream

    def _has_stream(self, messages: Sequence[Message]) -> bool:
        return (
            self.standing is not None
            or bool(self.waiting)
            or any(self._named(message) is not None for message in messages)
        )

    def _stream_of(self, messages: Sequence[Message]) -> AnswerStream:
        """Progress follows its token, and a subscription its id; what else comes belongs to the newest request."""
        for message in messages:
            named = self._named(message)
            if named is not None:
                return named
        if self.waiting:
            return next(reversed(self.waiting.values()))
        if self.standing is None:
            raise RuntimeError("no stream is open")
        return self.standing

    def _named(self, message: Message) -> AnswerStream | None:
        """Return the stream that a notification names by a progress token or the request of its subscription."""
        token = (message.params or {}).get("progressToken")
        if isinstance(token, str | int) and token in self.progress:
            return self.progress[token]
        subscription = _meta_of(message).get("io.modelcontextprotocol/subscriptionId")
        return self.waiting.get(subscription) if isinstance(subscription, str | int) else None

    def _keep(self, line: bytes) -> None:
        if len(self.early) < 100:
            self.early.append(line)


class Bridge:
    """Serves one command.

    Args:
        command: what starts the stdio server.
        observer: looks at copies of the messages.
        is_shared: whether one process serves all clients.
        gate: judges requests before they are forwarded; None to forward all.
    """

    def __init__(
        self, command: Sequence[str], observer: Observer, *, is_shared: bool = False, gate: Gate | None = None
    ) -> None:
        self._gate = gate
        self._command = command
        self._shared = SharedServer(command) if is_shared else None
        self._observer = observer
        self._sessions: dict[str, _Session] = {}
        self._back_off = BackOff()

    async def aclose(self) -> None:
        """Stop all servers."""
        for session in self._sessions.values():
            session.end("the relay ends")
        await asyncio.gather(*(session.server.stop() for session in self._sessions.values() if session.server))
        self._sessions.clear()
        if self._shared is not None:
            await self._shared.stop()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        match scope["method"], scope["path"].rstrip("/"):
            case "POST", "/mcp":
                await self._post(scope, receive, send)
            case "GET", "/mcp":
                await self._stand(scope, receive, send)
            case "DELETE", "/mcp":
                await self._delete(scope, send)
            case "GET", "/sse":
                await self._legacy_stream(scope, receive, send)
            case "POST", "/messages":
                await self._legacy_post(scope, receive, send)
            case _, "/mcp" | "/sse" | "/messages" as path:
                await _refuse_method(send, _ALLOWED[path])
            case _:
                await answer(send, 404, b"Not Found: MCP is at /mcp, and for old clients at /sse")

    # --- streamable HTTP ------------------------------------------------------------------------------------------

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            await answer(send, 413, f"a message may have {MOST_BODY} bytes".encode())
            return
        headers = McpHeaders.of(scope["headers"])
        reading = read(body)
        invalid = _invalid(headers, reading.messages)
        if invalid is not None:
            await answer(send, *invalid, _JSON)
            return
        requests = [message for message in reading.messages if message.kind is Kind.REQUEST]
        session = self._session_for(scope, headers, reading.messages, requests)
        if isinstance(session, bytes):
            status = 404 if headers.session_id else 400
            await answer(send, status, error_line(reading.messages[0].id, session.decode(), -32600), _JSON)
            return
        verdicts, refused = await self._judged(session, body, headers)
        if refused is not None:
            await answer(send, *refused)
            return
        stream = session.new_answer(is_resumable=bool(requests) and _can_resume(headers))
        session.expect(requests, stream)  # before anything is awaited: another request may have the same ids
        if not await self._has_started(session, send):
            return
        if not await self._forward(session, body, headers, verdicts):
            stream.end()
        if not requests:
            await answer(send, 202, b"")
            return
        try:
            with _Lines(receive, stream) as lines:
                if session.is_modern:
                    await _answer_or_stream(send, lines)
                else:
                    await _stream(send, lines, _session_header(session), _priming(stream))
        finally:
            self._left(session, requests, stream)

    async def _judged(
        self, session: _Session, body: bytes, headers: McpHeaders | None
    ) -> tuple[Mapping[int, Verdict] | None, tuple[int, bytes, bytes] | None]:
        """Return the verdicts on a body, and status, body and type of the answer when it is refused."""
        if self._gate is None:
            return None, None
        for _ in range(SETTLE_TRIES if b"tools/call" in body else 0):
            if not self._gate.awaits_a_list(session.link):
                break
            await asyncio.sleep(SETTLE_SECONDS)
        judged = self._gate.judge(session.link, body, time.time(), headers)
        if judged.answer is None:
            return judged.verdicts, None
        self._observer.refused(session.link, judged.reading, judged.verdicts, time.time())
        return None, (judged.status if judged.answer else 202, judged.answer, _JSON)

    def _left(self, session: _Session, requests: Sequence[Message], stream: AnswerStream) -> None:
        """End an exchange: a client that left early has cancelled it in the modern era, and may resume it before."""
        if not session.is_modern:
            return
        session.finish(stream)
        for message in requests:
            if session.waiting.pop(message.id, None) is not None and session.server is not None:
                cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": message.id}}
                line = json.dumps(cancel).encode()
                self._observer.sent(session.link, line, time.time(), is_from_client=True)
                task = asyncio.ensure_future(session.server.send(line))
                task.add_done_callback(lambda done: done.exception())

    def _session_for(
        self, scope: Scope, headers: McpHeaders, messages: Sequence[Message], requests: Sequence[Message]
    ) -> _Session | bytes:
        """Find or open the session of a body; a sentence where it has none."""
        client = client_of(scope)
        is_probe = headers.session_id is None and all(message.method == "server/discover" for message in messages)
        if headers.is_modern or is_probe:
            return self._modern_session(client, requests)
        if any(message.method == "initialize" for message in messages):
            session_id = secrets.token_hex(16)
            return self._open(session_id, Link(session_id, client, session_id))
        if headers.session_id is None:
            return b"Bad Request: Missing session ID"
        return self._sessions.get(headers.session_id) or b"Session not found"

    def _modern_session(self, client: str, requests: Sequence[Message]) -> _Session:
        """Find or open a process for requests without a session: one in which their ids are free.

        Clients of one program on one host cannot be told apart, and each counts its ids from the same number.
        """
        for number in itertools.count():
            session_id = f"{client}-{number}"
            session = self._sessions.get(session_id)
            if session is None:
                return self._open(session_id, Link(session_id, client), is_modern=True)
            if not session.has_use_for(requests):
                return session
        raise AssertionError("the numbers do not end")

    def _open(self, session_id: str, link: Link, *, is_modern: bool = False) -> _Session:
        """Begin a session, whose server starts meanwhile; see `_has_started`."""
        self._make_room()
        session = _Session(session_id, link, is_modern)
        self._sessions[session_id] = session
        session.starting = asyncio.create_task(self._start(session))
        return session

    async def _start(self, session: _Session) -> None:
        await asyncio.sleep(self._back_off.reserve(time.monotonic()))
        session.started_at = time.monotonic()
        on_line, on_end = lambda line: self._from_server(session, line), lambda: self._ended(session)
        server: StdioServer | Attachment
        if self._shared is not None:
            server = await self._shared.attach(on_line, on_end)
        else:
            server = await StdioServer.start(self._command, on_line, on_end)
        if self._sessions.get(session.id) is session:
            session.server = server
        else:  # it was dropped meanwhile
            server.kill()

    async def _has_started(self, session: _Session, send: Send) -> bool:
        """Wait for the server of a session; False when it could not start, and that was the answer."""
        try:
            if session.starting is not None:
                await asyncio.shield(session.starting)
        except CannotStart as error:
            logger.error("%s", error)
            self._drop(session, str(error))
            await answer(send, 502, error_line(None, str(error)), _JSON)
            return False
        return True

    def _make_room(self) -> None:
        for idle in [session for session in self._sessions.values() if session.is_idle]:
            self._drop(idle, "the session ended: it was idle")
        if len(self._sessions) >= MOST_SESSIONS:
            oldest = min(self._sessions.values(), key=lambda session: session.used_at)
            self._drop(oldest, "the session ended: too many others")

    def _drop(self, session: _Session, why: str) -> None:
        self._sessions.pop(session.id, None)
        session.end(why)
        if session.server is not None:
            session.server.kill()

    async def _forward(
        self,
        session: _Session,
        body: bytes,
        headers: McpHeaders | None = None,
        verdicts: Mapping[int, Verdict] | None = None,
    ) -> bool:
        session.used_at = time.monotonic()
        line = body.replace(b"\r", b" ").replace(b"\n", b" ")  # outside of strings, where JSON allows neither
        try:
            if session.server is None:
                raise ConnectionResetError("the MCP server has ended")
            self._observer.sent(
                session.link, body, time.time(), is_from_client=True, headers=headers, verdicts=verdicts
            )
            await session.server.send(line)
        except ConnectionError as error:
            self._observer.closed(session.link, time.time(), str(error))
            session.end(str(error))
            return False
        return True

    def _from_server(self, session: _Session, line: bytes) -> None:
        if not line.strip():
            return
        reading = read(line)
        if not reading.messages:
            logger.warning("the MCP server wrote a line to its output that is not a message")
        else:
            session.route(line, reading.messages)
        self._observer.sent(session.link, line, time.time(), is_from_client=False)

    def _ended(self, session: _Session) -> None:
        """Its process has ended: the session is gone, and its client is to begin another."""
        if self._sessions.get(session.id) is session:
            del self._sessions[session.id]
            self._back_off.ended(session.started_at, time.monotonic())
            if session.waiting:
                logger.warning("the MCP server ended with %d requests in flight", len(session.waiting))
        session.end("the MCP server has ended")
        self._observer.closed(session.link, time.time(), "the MCP server has ended")

    async def _stand(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = McpHeaders.of(scope["headers"])
        session = self._sessions.get(headers.session_id or "")
        if headers.is_modern or headers.session_id is None:
            await _refuse_method(send, b"POST")
        elif session is None:
            await answer(send, 404, error_line(None, "Session not found", -32600), _JSON)
        elif (answered := _resumed(session, scope)) is not None:
            with _Lines(receive, answered[0], answered[1]) as lines:
                await _stream(send, lines, _session_header(session))
        elif session.standing is not None:
            await answer(send, 409, error_line(None, "Conflict: only one stream is allowed per session", -32600), _JSON)
        else:
            await self._stand_in(session, receive, send, _session_header(session))

    async def _stand_in(
        self, session: _Session, receive: Receive, send: Send, extra: list[tuple[bytes, bytes]], first: bytes = b""
    ) -> None:
        session.standing = AnswerStream()
        for line in session.early:
            session.standing.put(line)
        session.early.clear()
        try:
            with _Lines(receive, session.standing) as lines:
                await _stream(send, lines, extra, first)
        finally:
            session.standing = None

    async def _delete(self, scope: Scope, send: Send) -> None:
        headers = McpHeaders.of(scope["headers"])
        session = self._sessions.get(headers.session_id or "")
        if headers.is_modern:
            await _refuse_method(send, b"POST")
            return
        if session is None:
            await answer(send, 404, error_line(None, "Session not found", -32600), _JSON)
            return
        self._drop(session, "the session ended")
        await answer(send, 200, b"")

    # --- HTTP with SSE, before 2025-03-26 -------------------------------------------------------------------------

    async def _legacy_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        session_id = secrets.token_hex(16)
        session = self._open(session_id, Link(session_id, client_of(scope), session_id))
        if not await self._has_started(session, send):
            return
        endpoint = f"{scope.get('root_path', '')}{MESSAGES_PATH}?session_id={session_id}"
        try:
            await self._stand_in(session, receive, send, [], b"event: endpoint\ndata: " + endpoint.encode() + b"\n\n")
        finally:
            self._drop(session, "the client has left")

    async def _legacy_post(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(pair.partition("=")[::2] for pair in scope["query_string"].decode("latin-1").split("&"))
        session = self._sessions.get(query.get("session_id", ""))
        if session is None:
            await answer(send, 404, b"Session not found")
            return
        body = await read_body(receive)
        if body is None:
            await answer(send, 413, f"a message may have {MOST_BODY} bytes".encode())
        elif not read(body).messages:
            await answer(send, 400, b"this is not a JSON-RPC message")
        else:
            verdicts, refused = await self._judged(session, body, None)
            if refused is None:
                await self._forward(session, body, verdicts=verdicts)
            elif session.standing is not None and refused[1]:
                session.standing.put(refused[1])
            await answer(send, 202, b"Accepted")


def _progress_token(message: Message) -> RequestId:
    """Return the token by which a request asks for progress, or None."""
    token = _meta_of(message).get("progressToken")
    return token if isinstance(token, str | int) else None


def _meta_of(message: Message) -> Mapping[str, Any]:
    meta = (message.params or {}).get("_meta")
    return meta if isinstance(meta, dict) else {}


class _ClientLeft(Exception):
    """The client has closed its connection before the end of its answer."""


class _Lines:
    """Take the lines for one answer while its client is there; one that leaves ends the block without an error."""

    def __init__(self, receive: Receive, stream: AnswerStream, reader: object | None = None) -> None:
        self._answer = stream
        self._reader = reader or stream.begin()
        self._leaving = asyncio.ensure_future(_wait_for_leave(receive))

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._leaving.cancel()
        self._answer.leave(self._reader)
        return kind is _ClientLeft

    async def next(self) -> Line:
        """Return the next line, None at the end, and nothing when there was none for a while. Raises _ClientLeft."""
        taking = asyncio.ensure_future(self._answer.read(self._reader))
        await asyncio.wait({taking, self._leaving}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self._leaving.done():
            taking.cancel()
            raise _ClientLeft
        if not taking.done():
            taking.cancel()
            return b""
        return taking.result()

    def event(self, line: bytes) -> bytes:
        """Return the line that was read last as an event; nothing is a comment, which keeps proxies from closing."""
        if not line:
            return b": keep-alive\n\n"
        event_id = self._answer.event_id
        return (b"id: " + event_id + b"\n" if event_id else b"") + b"event: message\ndata: " + line + b"\n\n"


async def _answer_or_stream(send: Send, lines: _Lines) -> None:
    """Answer with the response alone when it comes first, so that an error has its status; else send all as events."""
    line = await lines.next()
    messages = read(line).messages if line else ()
    if line and messages and messages[0].kind in (Kind.RESULT, Kind.ERROR):
        error = messages[0].error
        status = modern.status_of(error.get("code")) if isinstance(error, dict) else 200
        await answer(send, status, line, _JSON)
    else:
        await _stream(send, lines, [], b"" if line is None else lines.event(line))


async def _stream(send: Send, lines: _Lines, extra: list[tuple[bytes, bytes]], first: bytes = b"") -> None:
    """Send the lines of a stream as events, until it ends or the client leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": _EVENTS + extra})
    await send({"type": "http.response.body", "body": first, "more_body": True})
    while (line := await lines.next()) is not None:
        await send({"type": "http.response.body", "body": lines.event(line), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _priming(stream: AnswerStream) -> bytes:
    """Return an event without data that names the begin of an answer, from which it can be resumed."""
    return b"id: %b\nretry: %d\ndata: \n\n" % (stream.event_id, _RETRY_MS) if stream.event_id else b""


def _can_resume(headers: McpHeaders) -> bool:
    """Whether the client knows how to, by the revision that it has agreed upon."""
    return _RESUMABLE_FROM <= (headers.protocol_version or "") < MODERN


def _resumed(session: _Session, scope: Scope) -> tuple[AnswerStream, object] | None:
    """Return the answer that a client goes on to read, and its reader; None when it does not, or it is not kept."""
    named = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    place = parse_event_id(named)
    stream = next((stream for stream in session.resumable if place and stream.number == place[0]), None)
    reader = stream.begin(place[1]) if stream is not None and place is not None else None
    return (stream, reader) if stream is not None and reader is not None else None


def _session_header(session: _Session) -> list[tuple[bytes, bytes]]:
    return [(b"mcp-session-id", session.id.encode())]


def _invalid(headers: McpHeaders, messages: Sequence[Message]) -> tuple[int, bytes] | None:
    """Return status and body of the answer to a body that breaks the rules of the transport; None for a right one."""
    if not messages:
        return 400, error_line(None, "this is not a JSON-RPC message", -32700)
    refused = modern.refusal(headers, messages) if headers.is_modern else None
    if refused is None:
        return None
    return modern.status_of(refused.code), error_line(messages[0].id, refused.why, refused.code)


async def _refuse_method(send: Send, allowed: bytes) -> None:
    await answer(send, 405, b"Method Not Allowed", extra=[(b"allow", allowed)])


async def _wait_for_leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Relays HTTP to an MCP server over HTTP: forwards bytes, and copies them for an observer.

All paths of the upstream's origin are relayed, so what surrounds the endpoint (OAuth metadata, legacy message paths)
works as without the relay. Requests and answers stream; nothing is parsed before it has been forwarded, unless a gate
is to refuse some: then a request is read whole first. One thing is rewritten: an absolute address of the upstream in
the `endpoint` event of the legacy SSE transport.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import itertools
import logging
import time
import urllib.request
import zlib
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import aiohttp
import httpx2
from yarl import URL

from agentsentinel_shim.asgi import Receive, Scope, Send, answer, client_of, error_line
from agentsentinel_shim.conversation import Link
from agentsentinel_shim.copies import MessageCopy
from agentsentinel_shim.enforcement.gate import MOST_JUDGED, SETTLE_SECONDS, SETTLE_TRIES, Gate, Judged, too_long
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.headers import McpHeaders, RawHeaders
from agentsentinel_shim.jsonrpc import Kind, read
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.principal import principal_of
from agentsentinel_shim.sse import EventStreamReader

logger = logging.getLogger("agentsentinel.shim")

HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
"""Headers about one connection (RFC 9110 7.6.1); those that `Connection` names are left out, too."""
_OF_THIS_HOP = frozenset({b"host", b"expect"})
"""Headers that the relay answers for: it has named another host, and has asked for the body."""
CONNECT_SECONDS = 10.0
MOST_HEADERS = 1000
MOST_HEADER_BYTES = 64 * 1024
"""Bounds on the head of an answer: its headers, and the bytes of each."""
_NEVER_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that the HTTP library adds to requests without them; a relay adds none."""
_MOST_KEPT = 1024 * 1024
"""Bytes of a request that are kept to answer it when the upstream goes."""


class HttpRelay:
    """Relays to one upstream.

    Args:
        upstream: address of the MCP endpoint, such as `https://mcp.example.com/mcp`; only its origin matters here.
        observer: looks at the copies.
        gate: judges requests before they are forwarded; None to forward all.
        hash_key: makes the digests of principals HMAC-SHA256.
    """

    def __init__(
        self, upstream: str, observer: Observer, gate: Gate | None = None, hash_key: bytes | None = None
    ) -> None:
        parts = urlsplit(upstream)
        self._gate = gate
        self.hash_key = hash_key
        self._streams: dict[Hashable, _Exchange] = {}
        self._host = parts.netloc.rpartition("@")[2]
        self._origin = f"{parts.scheme}://{self._host}"
        self._authorization = _credentials_of(parts.username, parts.password)
        self._proxy = _proxy_for(parts.scheme, self._host)
        self._observer = observer
        self._exchanges = itertools.count()
        self._has_said: set[str] = set()
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=httpx2.create_ssl_context()),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NEVER_ADDED,
            auto_decompress=False,
            max_headers=MOST_HEADERS,
            max_line_size=MOST_HEADER_BYTES,
            max_field_size=MOST_HEADER_BYTES,
        )

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._client.close()

    def request(
        self, method: str, target: bytes, headers: RawHeaders, body: AsyncIterator[bytes] | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a request to the upstream; raises UnicodeDecodeError for a header that is not UTF-8."""
        text = [(name.decode(), value.decode()) for name, value in _end_to_end(headers, _OF_THIS_HOP)]
        text.append(("host", self._host))
        if self._authorization is not None and not any(name == "authorization" for name, _ in text):
            text.append(("authorization", self._authorization))
        url = _url(self._origin, target)
        return self._client.request(method, url, headers=text, data=body, allow_redirects=False, proxy=self._proxy)

    def say_once(self, line: str) -> None:
        """Print a line for people, the first time only."""
        if line not in self._has_said:
            self._has_said.add(line)
            logger.warning("%s", line)

    def forget(self, exchange: _Exchange) -> None:
        """Take that an exchange has ended: no event can join its stream any more."""
        self._streams = {key: other for key, other in self._streams.items() if other is not exchange}

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        exchange = _Exchange(self, scope, receive, send, next(self._exchanges))
        await exchange.run()


class _Exchange:
    """One request and its answer."""

    def __init__(self, relay: HttpRelay, scope: Scope, receive: Receive, send: Send, number: int) -> None:
        self._relay = relay
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = McpHeaders.of(scope["headers"])
        self._link = self._make_link(number)
        self._request_copy = MessageCopy()
        self._kept = bytearray()
        self._has_body = False
        self._has_started = False
        self._has_left = False
        """Whether the client went before its request was whole."""
        self._body_is_read = asyncio.Event()
        self._verdicts: Mapping[int, Verdict] | None = None
        self._is_between_events = True
        self._late_events: list[bytes] = []

    async def run(self) -> None:
        """Forward the request and stream the answer; end at once when either side goes."""
        forwarding = asyncio.create_task(self._forward())
        leaving = asyncio.create_task(self._client_leaves())
        try:
            await asyncio.wait({forwarding, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            self._relay.forget(self)
            if not forwarding.done():
                forwarding.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await forwarding
                self._closed_by_client()
            else:
                forwarding.result()

    # --- the way there --------------------------------------------------------------------------------------------

    async def _forward(self) -> None:
        headers, query = self._scope["headers"], self._scope["query_string"]
        path = self._scope.get("raw_path") or self._scope["path"].encode()
        target = path + (b"?" + query if query else b"")
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)
        if not has_body:
            self._body_is_read.set()
        body = self._request_body() if has_body else None
        if body is not None and self._relay._gate is not None:
            judged, body = await self._judged(self._relay._gate, body)
            if judged is not None and judged.answer is not None:
                await self._refuse(judged, judged.answer)
                return
        async with contextlib.AsyncExitStack() as stack:
            try:
                request = self._relay.request(self._scope["method"], target, headers, body)
                response = await stack.enter_async_context(request)
            except UnicodeDecodeError:
                self._body_is_read.set()
                await answer(self._send, 400, b"Bad Request: the relay forwards headers that are UTF-8, and one is not")
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                if self._has_left:
                    return
                logger.warning("the upstream cannot be reached: %s", error)
                await self._upstream_gone(f"the MCP server cannot be reached ({type(error).__name__})")
            else:
                await self._answer(response)

    async def _judged(self, gate: Gate, body: AsyncIterator[bytes]) -> tuple[Judged | None, AsyncIterator[bytes]]:
        """Read the body, and judge it; return the judgement and the body to be forwarded.

        Forms and empty bodies, such as that of a DELETE, are not judged.
        """
        whole = bytearray()
        async for piece in self._pieces():
            whole += piece
            if len(whole) > MOST_JUDGED:
                return too_long(), body
        is_form = _is_form(self._scope["headers"]) and not _begins_like_json(bytes(whole[:1024]))
        if is_form or not whole:
            return None, self._forwarded(bytes(whole))
        for _ in range(SETTLE_TRIES if b"tools/call" in whole else 0):
            if not gate.awaits_a_list(self._link):
                break
            await asyncio.sleep(SETTLE_SECONDS)
        judged = gate.judge(self._link, bytes(whole), time.time(), self._headers)
        self._verdicts = judged.verdicts
        return judged, self._forwarded(bytes(whole))

    async def _refuse(self, judged: Judged, body: bytes) -> None:
        """Answer in place of the upstream: at once, or on the stream on which the client of 2024-11-05 listens."""
        self._body_is_read.set()
        self._relay._observer.refused(self._link, judged.reading, judged.verdicts, time.time())
        stream = self._relay._streams.get(self._link.key)
        if stream is not None and body:
            await stream.add_event(body)
            await answer(self._send, 202, b"Accepted")
        elif body:
            await answer(self._send, judged.status, body, b"application/json")
        else:
            await answer(self._send, 202, b"")

    async def add_event(self, data: bytes) -> None:
        """Send an event of the relay's own on this stream, as soon as none of the upstream's is half sent."""
        self._late_events.append(b"event: message\ndata: " + data + b"\n\n")
        if self._is_between_events:
            await self._send_late_events()

    async def _send_late_events(self) -> None:
        while self._late_events:
            await self._send({"type": "http.response.body", "body": self._late_events.pop(0), "more_body": True})

    async def _forwarded(self, body: bytes) -> AsyncIterator[bytes]:
        """Yield a body that was read already, and take it as forwarded."""
        if body:
            self._take(body)
            self._request_is_sent()
            yield body

    async def _request_body(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces():
            self._take(piece)
            yield piece
        self._request_is_sent()

    async def _pieces(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes from the client."""
        is_more = True
        while is_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._has_left = True
                raise ConnectionAbortedError("the client left before its request was whole")
            piece = message.get("body", b"")
            is_more = message.get("more_body", False)
            if piece:
                yield piece
        self._body_is_read.set()

    def _take(self, piece: bytes) -> None:
        """Copy a piece that is about to be forwarded."""
        self._has_body = True
        self._request_copy.feed(piece)
        if len(self._kept) + len(piece) <= _MOST_KEPT:
            self._kept += piece

    def _request_is_sent(self) -> None:
        if self._has_body:
            self._relay._observer.sent(
                self._link,
                self._request_copy.take(),
                time.time(),
                is_from_client=True,
                headers=self._headers,
                verdicts=self._verdicts,
            )

    async def _client_leaves(self) -> None:
        """Return when the client has closed its connection; its body is read by then."""
        await self._body_is_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    # --- the way back ---------------------------------------------------------------------------------------------

    async def _answer(self, response: aiohttp.ClientResponse) -> None:
        headers = [(name.lower(), value) for name, value in _end_to_end(response.raw_headers)]
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})
        self._has_started = True
        if response.status == 401:
            self._relay.say_once(
                "the MCP server wants its clients to sign in (401); its challenge is passed on to them"
            )
        if not response.ok:
            self._relay._observer.not_given(self._link)
        watch = _AnswerCopy(self._relay._observer, self._link, response)
        try:
            async for raw in response.content.iter_any():
                piece = watch.rewrite(raw, self._relay._origin)
                watch.feed(piece)  # first: a client that has it may call at once, by what it says
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
                if watch.is_stream and self._relay._gate is not None:
                    await self._between_events(piece, watch)
        except aiohttp.ClientError as error:
            logger.warning("the upstream ended in the middle of an answer: %s", error)
            await self._upstream_gone("the MCP server ended in the middle of its answer", in_stream=watch.is_stream)
            return
        watch.end()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        if self._link.session_id is None:
            self._relay._observer.closed(self._link, time.time(), "the answer holds no result")
        if self._scope["method"] == "DELETE" and response.ok and self._headers.session_id:
            self._relay._observer.closed(self._link, time.time(), "the session ended")

    async def _between_events(self, piece: bytes, watch: _AnswerCopy) -> None:
        """Let refusals join the stream of a legacy session, between two of its events."""
        self._relay._streams[watch.link.key] = self
        self._is_between_events = piece.endswith((b"\n\n", b"\r\n\r\n", b"\r\r"))
        if self._is_between_events:
            await self._send_late_events()

    async def _upstream_gone(self, why: str, *, in_stream: bool = False) -> None:
        """Answer the requests in the body with errors; in the middle of a JSON answer only cutting it is left."""
        if not self._body_is_read.is_set():
            async for _ in self._request_body():
                pass  # it was not asked for, since no connection was made
        errors = [
            error_line(message.id, why) for message in read(bytes(self._kept)).messages if message.kind is Kind.REQUEST
        ]
        self._relay._observer.closed(self._link, time.time(), why)
        if not self._has_started:
            body = b"[" + b",".join(errors) + b"]" if len(errors) > 1 else b"".join(errors) or error_line(None, why)
            await answer(self._send, 502, body, b"application/json")
        elif in_stream:
            events = b"".join(b"\n\ndata: " + error + b"\n\n" for error in errors)
            await self._send({"type": "http.response.body", "body": events, "more_body": False})
        else:
            raise ConnectionResetError(why)

    def _closed_by_client(self) -> None:
        """End the call: since 2026-07-28 the end of the stream is its cancellation, before it is none."""
        if self._headers.session_id is None:
            self._relay._observer.closed(self._link, time.time())

    def _make_link(self, number: int) -> Link:
        client = client_of(self._scope)
        principal = principal_of(self._scope["headers"], self._relay.hash_key)
        session = None if self._headers.is_modern else self._headers.session_id
        legacy = _legacy_session(self._scope["query_string"])
        if session is not None:
            return Link(("session", session), client, session, principal)
        if legacy is not None:
            return Link(("sse", legacy), client, legacy, principal)
        return Link(("exchange", number), client, principal=principal)


def _begins_like_json(start: bytes) -> bool:
    return start.removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"["))


class _AnswerCopy:
    """Copies the messages of one answer: a JSON body is one, an event stream holds many."""

    def __init__(self, observer: Observer, link: Link, response: aiohttp.ClientResponse) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.is_stream = kind == "text/event-stream"
        self._observer = observer
        self.link = link
        self._decompress = _decompressor(response.headers.get("content-encoding", ""))
        self._events = EventStreamReader() if self.is_stream else None
        self._body = MessageCopy() if kind == "application/json" else None
        self._awaits_endpoint = self.is_stream
        self._left = response.content_length
        """Bytes of the body that are still to come; None where that is unknown."""

    def rewrite(self, piece: bytes, origin: str) -> bytes:
        """Make the address in the first `endpoint` event one of the relay's own."""
        if self._awaits_endpoint:
            self._awaits_endpoint = False
            if piece.startswith((b"event: endpoint", b"event:endpoint")):
                return piece.replace(b"data: " + origin.encode(), b"data: ", 1)
        return piece

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._decompress is None:
            return
        if self._left is not None:
            self._left -= len(piece)
        piece = self._decompress(piece)
        if self._body is not None:
            self._body.feed(piece)
        if self._events is not None:
            for name, data in self._events.feed(piece):
                if name == "endpoint" and isinstance(data, bytes):
                    self._joined(data)
                else:
                    self._observer.sent(self.link, data, time.time(), is_from_client=False)
        if self._left == 0:
            self.end()

    def end(self) -> None:
        """Take the end of the answer."""
        if self._body is not None and self._decompress is not None and not self._body.is_empty:
            self._observer.sent(self.link, self._body.take(), time.time(), is_from_client=False)

    def _joined(self, endpoint: bytes) -> None:
        """Answers to what is posted at `endpoint` come on this stream."""
        session = _legacy_session(urlsplit(endpoint.decode("latin-1")).query.encode("latin-1"))
        if session is not None:
            self.link = Link(("sse", session), self.link.client, session, self.link.principal)


@lru_cache(maxsize=256)
def _url(origin: str, target: bytes) -> URL:
    """Return an address with the target as it came; most calls have the same."""
    return URL(origin + target.decode("latin-1"), encoded=True)


def _credentials_of(user: str | None, password: str | None) -> str | None:
    """Return the Authorization of an address with a user in it, for requests that bring none."""
    return aiohttp.BasicAuth(unquote(user), unquote(password or "")).encode() if user else None


def _proxy_for(scheme: str, host: str) -> str | None:
    """Return the address of the proxy that the environment asks for (HTTPS_PROXY, NO_PROXY)."""
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)


def _end_to_end(headers: RawHeaders, leave_out: frozenset[bytes] = frozenset()) -> list[tuple[bytes, bytes]]:
    """Return the headers that are meant for the other end. Spaces around a value are not part of it (RFC 9110 5.5)."""
    headers = list(headers)
    named = {
        token.strip().lower() for name, value in headers if name.lower() == b"connection" for token in value.split(b",")
    }
    dropped = HOP_BY_HOP | named | leave_out
    return [(name, value.strip(b" \t")) for name, value in headers if name.lower() not in dropped]


def _legacy_session(query: bytes) -> str | None:
    """Return the session that the query of a legacy message path names."""
    for pair in query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if name in ("session_id", "sessionId") and value:
            return value[:255]
    return None


def _is_form(headers: RawHeaders) -> bool:
    """Whether a body is that of a form, such as a request for a token, which no server reads as a message."""
    kinds = [value.partition(b";")[0].strip().lower() for name, value in headers if name.lower() == b"content-type"]
    return kinds in ([b"application/x-www-form-urlencoded"], [b"multipart/form-data"])


def _decompressor(encoding: str) -> Callable[[bytes], bytes] | None:
    """Return what makes the copy readable; None for an encoding that is forwarded without being looked at."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return bytes
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress
    return None

"""Confirms an MCP server by its handshake, in both eras of the protocol and over both HTTP transports.

An answer of 200 on some path proves nothing; the result of `initialize` or `server/discover` does. Then the tools are
listed; none is ever called.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from agentsentinel_cli import __version__
from agentsentinel_cli.discover.http_client import Address, Answer, Budget, Exchange, NoAnswer, request
from agentsentinel_shim.access import CHALLENGE
from agentsentinel_shim.headers import MODERN
from agentsentinel_shim.jsonrpc import Kind, Message, read
from agentsentinel_shim.modern import METHOD_NOT_FOUND, REQUIRED_MEMBERS, UNSUPPORTED_VERSION, VERSION_MEMBER
from agentsentinel_shim.sse import EventStreamReader

PATHS = ("/mcp", "/")
"""Paths of streamable HTTP that are tried, the usual one first."""
SSE_PATH = "/sse"
_LEGACY = "2025-11-25"
_CLIENT = {"name": "sentinel-discover", "version": __version__}
_JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
_SESSION = "mcp-session-id"
_MOST_TOOLS = 200
_SHIM_CHALLENGE = CHALLENGE.decode()
_MORE_BYTES = 64 * 1024
"""Bytes that a confirmed server may use for the list of its tools, in addition."""


class McpServer(NamedTuple):
    """An MCP server that has answered a handshake, or refused one for want of credentials."""

    path: str
    transport: str
    requires_auth: bool
    name: str = ""
    version: str = ""
    protocol: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()


async def probe_streamable(address: Address, budget: Budget, path: str) -> McpServer | None:
    """Try streamable HTTP on a path. Raises NoAnswer."""
    client = _Streamable(address, budget, path)
    answer, message = await client.ask("initialize", _hello())
    if answer.status in (401, 403):
        return await _refused(address, budget, path, answer)
    if message is None or message.kind not in (Kind.RESULT, Kind.ERROR):
        return None
    if message.kind is Kind.RESULT:
        about = _introduction(message.result)
        if about is None:
            return None
        await client.join(answer, message)
    else:
        about = await _discover(client, message)
        if about is None:
            return None
    server = McpServer(path, "streamable-http", False, *about)
    # A host with a slow or broken list is still an MCP server.
    budget.left += _MORE_BYTES
    try:
        return server._replace(tools=await client.tools())
    except NoAnswer:
        return server


async def probe_sse(address: Address, budget: Budget, path: str = SSE_PATH) -> McpServer | None:
    """Try the transport of 2024-11-05: an event stream that names the endpoint to post to. Raises NoAnswer."""
    stream = Exchange(address, budget)
    try:
        head = await stream.send("GET", path, {"Accept": "text/event-stream"}, b"")
        if head.status in (401, 403):
            return await _refused(address, budget, path, head)
        if head.status != 200 or not head.headers.get("content-type", "").startswith("text/event-stream"):
            return None
        return await _handshake_over_sse(address, budget, path, _events(stream))
    finally:
        await stream.aclose()


def _hello() -> dict[str, Any]:
    return {"protocolVersion": _LEGACY, "capabilities": {}, "clientInfo": _CLIENT}


def _introduction(result: object) -> tuple[str, str, str] | None:
    """Return name, version and protocol of a server from the result of its handshake; None when it is not one."""
    if not isinstance(result, dict):
        return None
    meta = result.get("_meta")
    info = result.get("serverInfo") or (
        meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    )
    versions = result.get("supportedVersions")
    protocol = result.get("protocolVersion") or (versions[0] if isinstance(versions, list) and versions else None)
    if not isinstance(protocol, str) and not isinstance(info, dict):
        return None
    if not isinstance(result.get("capabilities"), dict):
        return None
    name, version = (info.get("name"), info.get("version")) if isinstance(info, dict) else (None, None)
    return tuple(value if isinstance(value, str) else "" for value in (name, version, protocol))  # type: ignore[return-value]


async def _discover(client: "_Streamable", error: Message) -> tuple[str, str, str] | None:
    """Ask a server that refuses `initialize` in the way of 2026-07-28; return what it says, or None."""
    client.is_modern = True
    _, message = await client.ask("server/discover", {})
    if message is not None and message.kind is Kind.RESULT:
        return _introduction(message.result)
    is_modern = message is not None and message.kind is Kind.ERROR and _code(message) == UNSUPPORTED_VERSION
    is_modern = is_modern or (_code(error) in (UNSUPPORTED_VERSION, METHOD_NOT_FOUND) and await _lists(client))
    return ("", "", MODERN) if is_modern else None


async def _lists(client: "_Streamable") -> bool:
    """Whether a server without `server/discover` answers `tools/list`."""
    _, message = await client.ask("tools/list", {})
    return message is not None and isinstance(message.result, dict) and isinstance(message.result.get("tools"), list)


def _code(message: Message) -> object:
    error = message.error
    return error.get("code") if isinstance(error, dict) else None


async def _refused(address: Address, budget: Budget, path: str, answer: Answer) -> McpServer | None:
    """Return the server behind a refusal, when the refusal or its metadata show that it is one of MCP."""
    challenge = answer.headers.get("www-authenticate", "")
    body = answer.json()
    is_jsonrpc = isinstance(body, dict) and body.get("jsonrpc") == "2.0"
    if "resource_metadata" in challenge or challenge.startswith(_SHIM_CHALLENGE) or is_jsonrpc:
        return McpServer(path, _transport_of(path), True)
    for suffix in dict.fromkeys((path if path != "/" else "", "")):
        try:
            metadata = await request(address, budget, "GET", f"/.well-known/oauth-protected-resource{suffix}")
        except NoAnswer:
            continue
        document = metadata.json()
        if metadata.status == 200 and isinstance(document, dict) and isinstance(document.get("resource"), str):
            return McpServer(path, _transport_of(path), True)
    return None


def _transport_of(path: str) -> str:
    return "sse" if path == SSE_PATH else "streamable-http"


class _Streamable:
    """Conversation over streamable HTTP."""

    def __init__(self, address: Address, budget: Budget, path: str) -> None:
        self._address = address
        self._budget = budget
        self._path = path
        self._ids = itertools.count(1)
        self._headers: dict[str, str] = {}
        self.is_modern = False

    async def ask(self, method: str, params: dict[str, Any]) -> tuple[Answer, Message | None]:
        """Return the head of the answer, and the message that answers the request, if there is one. Raises NoAnswer."""
        request_id = next(self._ids)
        headers = {**_JSON, **self._headers}
        if self.is_modern:
            headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
            meta = dict(zip(REQUIRED_MEMBERS, (MODERN, {}), strict=True))
            params = {
                **params,
                "_meta": {VERSION_MEMBER: MODERN, **meta, "io.modelcontextprotocol/clientInfo": _CLIENT},
            }
        exchange = Exchange(self._address, self._budget)
        try:
            head = await exchange.send("POST", self._path, headers, _message(method, params, request_id))
            if head.status in (401, 403):
                body = b"".join([piece async for piece in exchange.pieces()])
                return head._replace(body=body), None
            async for message in _messages(head, exchange):
                if message.id == request_id and message.kind in (Kind.RESULT, Kind.ERROR):
                    return head, message
            return head, None
        finally:
            await exchange.aclose()

    async def join(self, head: Answer, welcome: Message) -> None:
        """Finish the handshake of the protocol before 2026-07-28. Raises NoAnswer."""
        if _SESSION in head.headers:
            self._headers["Mcp-Session-Id"] = head.headers[_SESSION]
        version = welcome.result.get("protocolVersion") if isinstance(welcome.result, dict) else None
        if isinstance(version, str) and version.isascii() and version.isprintable():
            self._headers["MCP-Protocol-Version"] = version
        await request(
            self._address,
            self._budget,
            "POST",
            self._path,
            {**_JSON, **self._headers},
            _message("notifications/initialized"),
        )

    async def tools(self) -> tuple[Mapping[str, Any], ...]:
        """Return the first page of tools, and end the session. Raises NoAnswer."""
        _, message = await self.ask("tools/list", {})
        if "Mcp-Session-Id" in self._headers:
            await request(self._address, self._budget, "DELETE", self._path, self._headers)
        return _tools(message)


def _tools(message: Message | None) -> tuple[Mapping[str, Any], ...]:
    result = message.result if message is not None else None
    listed = result.get("tools") if isinstance(result, dict) else None
    found = [tool for tool in listed if isinstance(tool, dict)] if isinstance(listed, list) else []
    return tuple(tool for tool in found if isinstance(tool.get("name"), str))[:_MOST_TOOLS]


async def _messages(head: Answer, exchange: Exchange) -> AsyncIterator[Message]:
    if head.headers.get("content-type", "").startswith("text/event-stream"):
        async for _, data in _events(exchange):
            for message in read(data).messages:
                yield message
        return
    body = b"".join([piece async for piece in exchange.pieces()])
    for message in read(body).messages if body else ():
        yield message


async def _events(exchange: Exchange) -> AsyncIterator[tuple[str, bytes]]:
    """Yield name and data of each event of a stream; it never ends by itself, so it is read as it comes."""
    reader = EventStreamReader()
    async for piece in exchange.pieces():
        for name, data in reader.feed(piece):
            if isinstance(data, bytes):
                yield name, data


async def _handshake_over_sse(
    address: Address, budget: Budget, path: str, events: AsyncIterator[tuple[str, bytes]]
) -> McpServer | None:
    endpoint = None
    async for name, data in events:
        if name == "endpoint":
            endpoint = _own_path(address, path, data)
            break
    if endpoint is None:
        return None
    welcome = await _ask_over_sse(address, budget, endpoint, events, "initialize", _hello(), 1)
    about = _introduction(welcome.result) if welcome is not None else None
    if about is None:
        return None
    server = McpServer(path, "sse", False, *about)
    budget.left += _MORE_BYTES
    try:
        await request(address, budget, "POST", endpoint, _JSON, _message("notifications/initialized"))
        return server._replace(
            tools=_tools(await _ask_over_sse(address, budget, endpoint, events, "tools/list", {}, 2))
        )
    except NoAnswer:
        return server


def _own_path(address: Address, path: str, data: bytes) -> str | None:
    """Return the path of an endpoint on the same server; an endpoint elsewhere is not followed."""
    try:
        url = urlsplit(urljoin(address.origin + path, data.decode("utf-8", "replace").strip()))
        own = urlsplit(address.origin)
    except ValueError:
        return None
    target = f"{url.path}?{url.query}" if url.query else url.path
    is_own = (url.scheme, url.netloc) == (own.scheme, own.netloc)
    return target if is_own and target.isascii() and target.isprintable() and " " not in target else None


async def _ask_over_sse(
    address: Address,
    budget: Budget,
    endpoint: str,
    events: AsyncIterator[tuple[str, bytes]],
    method: str,
    params: dict[str, Any],
    request_id: int,
) -> Message | None:
    # The answer comes on the stream, and may do so before the one to the POST.
    posting = asyncio.ensure_future(
        request(address, budget, "POST", endpoint, _JSON, _message(method, params, request_id))
    )
    try:
        async for name, data in events:
            for message in read(data).messages if name == "message" else ():
                if message.id == request_id and message.kind in (Kind.RESULT, Kind.ERROR):
                    return message
        return None
    finally:
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)


def _message(method: str, params: Mapping[str, Any] | None = None, request_id: int | None = None) -> bytes:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if request_id is not None:
        message["id"] = request_id
    if params is not None:
        message["params"] = params
    return json.dumps(message).encode()

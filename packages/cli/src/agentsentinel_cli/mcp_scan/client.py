"""Reads the manifest of an MCP server, with the official client library: both eras, and all of its transports.

No tool is called, no resource is read, and no other host is asked. A list that the server announces and does not give
makes the whole server unread: half a manifest would look harmless.
"""

import json
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import IO, Any, Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import anyio
import httpx2
import mcp_types as types
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import TypeAdapter, ValidationError

from agentsentinel_cli import __version__
from agentsentinel_cli.mcp_scan.stdio import AnswersTooLong, stdio_transport
from agentsentinel_core.manifest.model import Item, ItemKind, Manifest, items_of
from agentsentinel_shim.upstream import CannotStart

MOST_PAGES = 1_000
MOST_DEFINITIONS = 10_000
"""Most definitions of a server; each costs time to judge, and no model can choose from so many."""
MOST_BYTES = 64 * 1024 * 1024
"""Most bytes of all answers of a server."""
_TOO_LONG = f"its answers are longer than {MOST_BYTES // 1024 // 1024} MiB"
logging.getLogger("mcp").setLevel(logging.CRITICAL)  # servers print lines that are not messages
SKILLS = "io.modelcontextprotocol/skills"
_RAW: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_CLIENT = types.Implementation(name="agentsentinel-mcp-scan", version=__version__)


class NotScanned(Exception):
    """A server did not give its manifest; the message says why, and what to do."""


class HttpTarget(NamedTuple):
    """A server at an address."""

    url: str
    headers: Mapping[str, str]
    """Headers to send, such as Authorization."""

    @property
    def addresses(self) -> list[str]:
        """Where to ask, in turn: the address itself, or the usual paths for one that has none."""
        parts = urlsplit(self.url)
        if parts.path not in ("", "/"):
            return [self.url]
        return [urlunsplit(parts._replace(path=path)) for path in ("/mcp", "/", "/sse")]


class StdioTarget(NamedTuple):
    """A server that is started for the scan."""

    command: Sequence[str]


async def read_manifest(target: HttpTarget | StdioTarget, seconds: float) -> Manifest:
    """Ask a server for everything that it offers. Raises NotScanned."""
    try:
        with anyio.fail_after(seconds):
            if isinstance(target, StdioTarget):
                return await _by_pipes(target)
            return await _over_http(target)
    except TimeoutError:
        raise NotScanned(f"no answer within {seconds:g} s; --timeout SECONDS waits longer") from None


async def _by_pipes(target: StdioTarget) -> Manifest:
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            return await _manifest_of(stdio_transport(target.command, output, MOST_BYTES), is_open=True)
        except Exception as error:
            causes = list(_causes(error))
            if any(isinstance(cause, AnswersTooLong) for cause in causes):
                raise NotScanned(_TOO_LONG) from None
            raise NotScanned(_why(causes[0]) + _last_line(output)) from None


async def _over_http(target: HttpTarget) -> Manifest:
    """Ask at each address over streamable HTTP, then over the older SSE; the first manifest counts."""
    reasons: list[str] = []
    for address in target.addresses:
        ways = [_streamable, _sse] if not urlsplit(address).path.endswith("/sse") else [_sse, _streamable]
        for way in ways:
            statuses: list[int] = []
            try:
                return await _manifest_of(way(address, target.headers, statuses), is_open=not target.headers)
            except Exception as error:
                reasons.append(_why_over_http(next(_causes(error)), statuses))
                if any(status in (401, 403) for status in statuses) or isinstance(error, NotScanned):
                    raise NotScanned(reasons[-1]) from None
    raise NotScanned(reasons[0])


def _streamable(url: str, headers: Mapping[str, str], statuses: list[int]) -> AbstractAsyncContextManager[Any]:
    return streamable_http_client(url, http_client=_http_client(dict(headers), statuses))


def _sse(url: str, headers: Mapping[str, str], statuses: list[int]) -> AbstractAsyncContextManager[Any]:
    def client(
        headers: dict[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return _http_client(headers or {}, statuses)

    return sse_client(url, headers=dict(headers), httpx_client_factory=client)


def _http_client(headers: dict[str, str], statuses: list[int]) -> httpx2.AsyncClient:
    async def note(response: httpx2.Response) -> None:
        statuses.append(response.status_code)

    return httpx2.AsyncClient(
        headers=headers,
        transport=_Bounded(verify=httpx2.create_ssl_context()),
        timeout=httpx2.Timeout(None, connect=10.0),
        event_hooks={"response": [note]},
    )


class _Bounded(httpx2.AsyncHTTPTransport):
    """A transport that reads at most `MOST_BYTES` of all its answers together."""

    _left = MOST_BYTES

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        response.stream = _BoundedStream(response.stream, self)
        return response

    def spend(self, size: int) -> None:
        """Count bytes that were read. Raises NotScanned when there are too many."""
        self._left -= size
        if self._left < 0:
            raise NotScanned(_TOO_LONG)


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, transport: _Bounded) -> None:
        self._stream = stream
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._transport.spend(len(piece))
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


# --- what is asked ----------------------------------------------------------------------------------------------------


class _ListSkills(types.Request[types.PaginatedRequestParams, Literal["skills/list"]]):
    """`skills/list` of the skills extension, which the library does not know."""

    method: Literal["skills/list"] = "skills/list"
    params: types.PaginatedRequestParams


_LISTS: tuple[tuple[str, ItemKind, type[Any], str], ...] = (
    ("tools", ItemKind.TOOL, types.ListToolsRequest, "tools"),
    ("prompts", ItemKind.PROMPT, types.ListPromptsRequest, "prompts"),
    ("resources", ItemKind.RESOURCE, types.ListResourcesRequest, "resources"),
    ("resources", ItemKind.RESOURCE_TEMPLATE, types.ListResourceTemplatesRequest, "resourceTemplates"),
    (SKILLS, ItemKind.SKILL, _ListSkills, "skills"),
)
"""Capability that announces a list, what it lists, its request, and the member of the answer that holds it."""
_NOT_ANNOUNCED = frozenset({"resourceTemplates"})
"""Lists without a capability of their own: servers that offer resources and no templates often do not know them."""


async def _manifest_of(transport: AbstractAsyncContextManager[Any], *, is_open: bool) -> Manifest:
    async with Client(server=transport, client_info=_CLIENT, cache=None) as client:
        session = client.session
        capabilities = session.server_capabilities or types.ServerCapabilities()
        announced = capabilities.model_dump(by_alias=True, mode="json", exclude_none=True)
        known = {*announced, *announced.get("extensions", {}), *announced.get("experimental", {})}
        items: list[Item] = []
        if session.instructions:
            items.append(Item(ItemKind.INSTRUCTIONS, "", {"text": session.instructions}))
        scopes: set[object] = set()
        for capability, kind, request, member in _LISTS:
            if capability in known:
                definitions: list[dict[str, Any]] = []
                async for each in _pages(session, request, member, scopes):
                    definitions.append(each)
                    if len(items) + len(definitions) > MOST_DEFINITIONS:
                        raise NotScanned(f"it lists more than {MOST_DEFINITIONS:,} definitions")
                items += items_of(kind, definitions)
        about = session.server_info
        return Manifest(
            server_name=about.name if about else "",
            server_version=about.version if about else "",
            items=tuple(items),
            lists_are_public="public" in scopes,
            is_open=is_open,
        )


async def _pages(session: Any, request: type[Any], member: str, scopes: set[object]) -> AsyncIterator[dict[str, Any]]:
    """Return the definitions of all pages of a list. Raises NotScanned for pages without an end."""
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        try:
            page = await session.send_request(request(params=types.PaginatedRequestParams(cursor=cursor)), _RAW)
        except MCPError as error:
            if error.error.code == types.METHOD_NOT_FOUND and member in _NOT_ANNOUNCED:
                return
            if error.error.code == types.CONNECTION_CLOSED:
                raise
            raise NotScanned(f"it announces {member}, and refuses to list them: {_quoted(error)}") from error
        scopes.add(page.get("cacheScope"))
        definitions = page.get(member)
        for definition in definitions if isinstance(definitions, list) else ():
            if isinstance(definition, dict):
                yield definition
        cursor = page.get("nextCursor")
        if not cursor:
            return
        if cursor in seen:
            break
        seen.add(cursor)
    raise NotScanned(f"its list of {member} has no last page")


# --- why not ----------------------------------------------------------------------------------------------------------


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return an error, or those inside of it when it groups others."""
    inner = getattr(error, "exceptions", None)
    if inner is None:
        yield error
    else:
        for each in inner:
            yield from _causes(each)


def _why_over_http(error: BaseException, statuses: Sequence[int]) -> str:
    if 401 in statuses:
        return "it wants credentials (HTTP 401); give them with --header 'Authorization: Bearer ...'"
    if 403 in statuses:
        return "it refuses this caller (HTTP 403); give its credentials with --header 'Authorization: Bearer ...'"
    if isinstance(error, httpx2.ConnectError):
        return f"it cannot be reached ({error}); is the URL right, and does the server run?"
    failed = [status for status in statuses if status >= 400]
    return _why(error) + (f" (HTTP {failed[-1]})" if failed else "")


def _why(error: BaseException) -> str:
    """Return why a server was not scanned, in words of ours as far as possible."""
    if isinstance(error, NotScanned | CannotStart):
        return str(error)
    if isinstance(error, MCPError) and error.error.code == types.CONNECTION_CLOSED:
        return "it ended before it had answered"
    if isinstance(error, MCPError):
        return f"it refuses: {_quoted(error)}"
    if isinstance(error, ValidationError):
        places = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors()})
        return f"its answer does not follow the protocol: {', '.join(places)[:200]}"
    return f"it does not speak MCP as the protocol says: {str(error)[:200] or type(error).__name__}"


def _quoted(error: MCPError) -> str:
    return json.dumps(error.error.message)[:200]


def _last_line(output: IO[str]) -> str:
    """Return the last line that a server wrote about itself, for a person to read."""
    output.seek(0, os.SEEK_END)
    output.seek(max(0, output.tell() - 4096))
    lines = [line for line in output.read().splitlines() if line.strip()]
    return f"; its last line: {lines[-1][:200]}" if lines else ""

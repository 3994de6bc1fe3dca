"""Lets several clients share one MCP server process, each as if it were alone.

No input or output here: lines go in, and lines with their receivers come out. Ids of requests and progress tokens are
replaced on the way to the server, since each client counts from the same number, and put back on the way to the client;
nothing else of a message changes. The server is initialized once; later clients get its first answer.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from agentsentinel_shim.json_edit import elements, member_text, replace_member
from agentsentinel_shim.jsonrpc import Kind, Message, read

MOST_PENDING = 10_000
"""Requests without an answer that are remembered, of all clients; beyond it the oldest is forgotten."""
_GONE = "the client has left"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
_ID = ("id",)
_TOKEN_ASKED = ("params", "_meta", "progressToken")
_TOKEN_TOLD = ("params", "progressToken")
_SUBSCRIPTION_TOLD = ("params", "_meta", SUBSCRIPTION)
_INVALID, _NO_CLIENT = -32600, -32603


class Out(NamedTuple):
    """A line and its receiver."""

    line: bytes
    client: Hashable | None = None
    """The client that it goes to; None for the server."""


class _Pending(NamedTuple):
    """A request that the server has not answered."""

    client: Hashable
    id: str
    """Its id as the client wrote it: JSON."""
    token: str | None
    """Its progress token as the client wrote it: JSON."""
    is_initialize: bool


class Multiplexer:
    """Follows the messages between several clients and one server."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._clients: dict[Hashable, None] = {}
        self._pending: dict[int, _Pending] = {}
        self._asked: dict[str, Hashable] = {}
        """Requests of the server without an answer: their id as JSON, and the client that was asked."""
        self._welcome: str | None = None
        """The server's answer to `initialize`."""
        self._is_initializing = False
        self._is_initialized = False
        self._queue: list[tuple[Hashable, str]] = []
        """Requests `initialize` that wait for the answer to the first one."""

    def attach(self, client: Hashable) -> None:
        """Take another client."""
        self._clients[client] = None

    def detach(self, client: Hashable) -> Iterator[Out]:
        """Let a client go: its requests are cancelled."""
        self._clients.pop(client, None)
        self._queue = [waiting for waiting in self._queue if waiting[0] != client]
        for number, request in list(self._pending.items()):
            if request.client == client and not request.is_initialize:
                del self._pending[number]
                params = {"requestId": number, "reason": _GONE}
                yield Out(_line({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}))
        for asked in [id_ for id_, other in self._asked.items() if other == client]:
            del self._asked[asked]
            yield Out(_error(asked, _NO_CLIENT, _GONE))

    def from_client(self, client: Hashable, line: bytes) -> Iterator[Out]:
        """Take a line of a client, a message or a batch.

        What parsers read in two ways is refused: it could carry an id of another client.
        """
        reading = read(line)
        if reading.defects or not reading.messages:
            for message in reading.messages or (Message(Kind.REQUEST),):
                if message.kind is Kind.REQUEST:
                    why = "a shared server takes no message that can be read in two ways"
                    yield Out(_error(json.dumps(message.id), _INVALID, why), client)
            return
        for text, message in zip(elements(_text(line)), reading.messages, strict=False):
            yield from self._message_of_client(client, text, message)

    def from_server(self, line: bytes) -> Iterator[Out]:
        """Take a line of the server. A line that is not a message goes no further."""
        reading = read(line)
        if not reading.messages:
            return
        for text, message in zip(elements(_text(line)), reading.messages, strict=False):
            if message.kind is Kind.REQUEST:
                yield self._ask(text)
            elif message.kind is Kind.NOTIFICATION:
                yield from self._announce(text, message)
            elif isinstance(message.id, int):
                yield from self._answer(text, message.id, message)

    def _message_of_client(self, client: Hashable, text: str, message: Message) -> Iterator[Out]:
        if message.kind is Kind.REQUEST and message.method == "initialize":
            yield from self._initialize(client, text)
        elif message.kind is Kind.REQUEST:
            yield self._request(client, text)
        elif message.kind is Kind.NOTIFICATION:
            yield from self._notify(client, text, message)
        elif self._asked.get(member_text(text, _ID) or "") == client:
            del self._asked[member_text(text, _ID) or ""]
            yield Out(text.encode())

    def _initialize(self, client: Hashable, text: str) -> Iterator[Out]:
        if self._welcome is not None:
            yield Out(replace_member(self._welcome, _ID, member_text(text, _ID) or "null").encode(), client)
        elif self._is_initializing:
            self._queue.append((client, text))
        else:
            self._is_initializing = True
            yield self._request(client, text, is_initialize=True)

    def _request(self, client: Hashable, text: str, *, is_initialize: bool = False) -> Out:
        number = next(self._numbers)
        token = member_text(text, _TOKEN_ASKED)
        self._pending[number] = _Pending(client, member_text(text, _ID) or "null", token, is_initialize)
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        with_id = replace_member(text, _ID, str(number))
        return Out(replace_member(with_id, _TOKEN_ASKED, str(number)).encode())

    def _notify(self, client: Hashable, text: str, message: Message) -> Iterator[Out]:
        if message.method == "notifications/initialized":
            if self._is_initialized:
                return
            self._is_initialized = True
        elif message.method == "notifications/cancelled":
            path = ("params", "requestId")
            meant = member_text(text, path)
            for number, request in self._pending.items():
                if request.client == client and request.id == meant:
                    yield Out(replace_member(text, path, str(number)).encode())
            return
        yield Out(text.encode())

    def _answer(self, text: str, number: int, message: Message) -> Iterator[Out]:
        request = self._pending.pop(number, None)
        if request is None:
            return
        if request.client in self._clients:
            yield Out(replace_member(text, _ID, request.id).encode(), request.client)
        if request.is_initialize:
            self._is_initializing = False
            self._welcome = text if message.kind is Kind.RESULT else None
            waiting, self._queue = self._queue, []
            for client, again in waiting:
                yield from self._initialize(client, again)

    def _ask(self, text: str) -> Out:
        """Give a request of the server to the client whose request is the newest, else to the newest client."""
        asked = member_text(text, _ID) or "null"
        busy = [request.client for request in self._pending.values() if request.client in self._clients]
        client = next(reversed(busy or list(self._clients)), None)
        if client is None:
            return Out(_error(asked, _NO_CLIENT, _GONE))
        self._asked[asked] = client
        return Out(text.encode(), client)

    def _announce(self, text: str, message: Message) -> Iterator[Out]:
        """Give a notification to the client that it names by a token or subscription, else to all."""
        params = message.params or {}
        meta = params.get("_meta")
        subscription = meta.get(SUBSCRIPTION) if isinstance(meta, dict) else None
        by_token, by_subscription = self._pending_of(params.get("progressToken")), self._pending_of(subscription)
        if by_token is not None and by_token.token is not None:
            yield Out(replace_member(text, _TOKEN_TOLD, by_token.token).encode(), by_token.client)
        elif by_subscription is not None:
            restored = replace_member(text, _SUBSCRIPTION_TOLD, by_subscription.id)
            yield Out(restored.encode(), by_subscription.client)
        else:
            yield from (Out(text.encode(), client) for client in self._clients)

    def _pending_of(self, number: object) -> _Pending | None:
        """Return the request that this number stands for; the server may give it back as text."""
        key = str(number) if isinstance(number, str | int) else ""
        return self._pending.get(int(key)) if key.isdecimal() and len(key) < 20 else None


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig")


def _line(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode()


def _error(id_: str, code: int, why: str) -> bytes:
    """Return an error about the request with this id, in JSON."""
    error = json.dumps({"code": code, "message": why})
    return f'{{"jsonrpc":"2.0","id":{id_},"error":{error}}}'.encode()

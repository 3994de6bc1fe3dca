"""HTTP servers that answer as documented products do, and hosts that misbehave."""

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Answers = Mapping[str, tuple[int, Any]]
"""Path -> status and body; a text is sent as HTML, anything else as JSON."""
Talk = Callable[[socket.socket], None]
"""What a host does with a connection."""


@contextmanager
def host(talk: Talk, address: str = "127.0.0.1", port: int = 0, backlog: int = 64) -> Iterator[int]:
    """Run a host that does `talk` with each connection, in a thread of its own; gives its port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(backlog)
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            talk(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Shutting down wakes the thread that accepts; closing alone does not.
        for each in (listener, *connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def read_head(connection: socket.socket) -> tuple[str, str, dict[str, str], bytes]:
    """Read a request; return its method, path, headers and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return method, path, headers, body


def answering(answers: Answers, seen: list[tuple[str, str, dict[str, str]]] | None = None, **extra: str) -> Talk:
    """Return the talk of a server with fixed answers; other paths are not found. `extra` are headers."""

    def talk(connection: socket.socket) -> None:
        method, path, headers, _ = read_head(connection)
        if seen is not None:
            seen.append((method, path, headers))
        status, body = answers.get(path, (404, {"detail": "Not Found"}))
        is_page = isinstance(body, str)
        data = body.encode() if is_page else json.dumps(body).encode()
        kind = "text/html" if is_page else "application/json"
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(data)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in extra.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    return talk


_AUTHORITY = """
[ca]
default_ca = own
[own]
database = {folder}/index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def certificate(folder: Path, name: str, year: int = 2099) -> ssl.SSLContext:
    """Make a self-signed certificate for a name, valid to the end of a year."""
    key, request, signed, settings = (str(folder / f"{name}.{kind}") for kind in ("key", "csr", "pem", "cnf"))
    Path(settings).write_text(_AUTHORITY.format(folder=folder))
    (folder / "index").touch()
    dates = ["-startdate", "20200101000000Z", "-enddate", f"{year}1231000000Z"]
    new = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}"]
    sign = ["ca", "-batch", "-selfsign", "-config", settings, "-keyfile", key, "-in", request, "-out", signed, *dates]
    for words in (new, sign):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context


def over_tls(talk: Talk, context: ssl.SSLContext) -> Talk:
    """Return the talk within TLS."""

    def wrapped(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            talk(secured)

    return wrapped


MODELS = {"object": "list", "data": [{"id": "llama3.2:latest", "object": "model", "owned_by": "library"}]}
VLLM_MODELS = {"object": "list", "data": [{"id": "acme/m-7b", "object": "model", "owned_by": "vllm"}]}
OPENAI_REFUSAL = {"error": {"message": "No key", "type": "invalid_request_error", "param": None, "code": None}}
CARD = {
    "name": "Travel Agent",
    "url": "http://127.0.0.1/a2a",
    "version": "1",
    "capabilities": {},
    "skills": [{"id": "book_flight", "name": "Book a flight"}],
}
PRODUCTS: dict[str, Answers] = {
    "agentsentinel": {"/health": (200, {"status": "ok", "service": "agentsentinel", "version": "2.0.0"})},
    "openai": {"/v1/models": (200, MODELS)},
    "ollama": {
        "/": (200, "Ollama is running"),
        "/api/version": (200, {"version": "0.12.3"}),
        "/v1/models": (200, MODELS),
    },
    "vllm": {"/health": (200, ""), "/v1/models": (200, VLLM_MODELS), "/version": (200, {"version": "0.11"})},
    "vllm with a key": {
        "/health": (200, ""),
        "/v1/models": (401, {"error": "Unauthorized"}),
        "/version": (200, {"version": "0.11"}),
    },
    "litellm": {
        "/v1/models": (
            401,
            {"error": {"message": "LiteLLM: no key", "type": "auth_error", "param": "None", "code": "401"}},
        )
    },
    "openai with a key": {"/v1/models": (401, OPENAI_REFUSAL)},
    "a2a": {"/.well-known/agent-card.json": (200, CARD)},
    "a2a before 0.3": {"/.well-known/agent.json": (200, CARD)},
    "agents": {"/api/v1/agents": (200, [{"id": 1, "name": "planner"}, {"id": 2, "name": "coder"}])},
}
"""Server -> its documented answers."""

DECOYS: dict[str, Answers] = {
    "web app": {"/": (200, "<html>hi</html>"), "/health": (200, {"status": "ok"})},
    "every path is the page": dict.fromkeys(
        ["/", "/health", "/mcp", "/sse", "/v1/models", "/api/version", "/api/v1/agents", "/.well-known/agent.json"],
        (200, "<html>app</html>"),
    ),
    "every path is JSON": dict.fromkeys(
        [
            "/",
            "/health",
            "/mcp",
            "/sse",
            "/v1/models",
            "/api/version",
            "/api/v1/agents",
            "/.well-known/agent-card.json",
        ],
        (200, {"ok": True, "name": "x"}),
    ),
    "everything needs a login": dict.fromkeys(
        ["/", "/health", "/mcp", "/sse", "/v1/models", "/api/version", "/api/v1/agents"],
        (401, {"error": {"message": "log in", "type": "auth", "code": "401"}}),
    ),
    "shop with models": {"/v1/models": (200, [{"id": "car-1"}])},
    "lists of other things": {"/api/v1/agents": (200, [{"surname": "Bond"}]), "/v1/models": (200, {"data": {}})},
    "travel agents": {"/api/v1/agents": (200, [])},
    "broken": dict.fromkeys(["/", "/health", "/mcp", "/v1/models"], (500, {"error": "oops"})),
}
"""Web server that is not an agent -> its answers."""

"""Receivers of alerts on this machine: HTTP that answers as a test wants, and syslog over UDP, TCP and TLS."""

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from patience import PATIENCE_SECONDS

DIE = "die"
"""Close the connection without an answer."""
HANG = "hang"
"""Answer only when the receiver is released."""


@dataclass
class Posted:
    """One request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpReceiver:
    """An HTTP server that gives its answers in turn, the last one for ever."""

    answers: list[int | str]
    location: str = "/elsewhere"
    requests: list[Posted] = field(default_factory=list)
    arrived: "queue.Queue[Posted]" = field(default_factory=queue.Queue)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/secret-path"

    def next_answer(self) -> int | str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def http_receiver(*answers: int | str, location: str = "/elsewhere") -> Iterator[HttpReceiver]:
    """Run a receiver for the duration of the block."""
    receiver = HttpReceiver(list(answers) or [200], location)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            receiver.requests.append(posted)
            receiver.arrived.put(posted)
            answer = receiver.next_answer()
            if answer == HANG:
                receiver.released.wait(PATIENCE_SECONDS)
            if isinstance(answer, str):
                self.close_connection = True
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class SyslogReceiver:
    """What a syslog server got: the bytes of each datagram or connection."""

    url: str
    got: "queue.Queue[bytes]" = field(default_factory=queue.Queue)

    def next(self) -> bytes:
        return self.got.get(timeout=PATIENCE_SECONDS)


@contextmanager
def udp_receiver() -> Iterator[SyslogReceiver]:
    """Run a syslog server by UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        receiver = SyslogReceiver(f"udp://127.0.0.1:{link.getsockname()[1]}")
        link.settimeout(PATIENCE_SECONDS)

        def read() -> None:
            while datagram := link.recv(65_536):
                receiver.got.put(datagram)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", link.getsockname())
            thread.join()


@contextmanager
def stream_receiver(
    tls: ssl.SSLContext | None = None, *, resets: bool = False, host: str = "127.0.0.1"
) -> Iterator[SyslogReceiver]:
    """Run a syslog server by TCP, or by TLS; one that resets takes a connection, reads nothing and dies."""
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "tls" if tls else "tcp"
    receiver = SyslogReceiver(f"{scheme}://{host}:{listener.getsockname()[1]}")

    def serve() -> None:
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            if resets:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                link.close()
                continue
            try:
                with tls.wrap_socket(link, server_side=True) if tls else link as wrapped:
                    received = b""
                    while part := wrapped.recv(65_536):
                        received += part
                    receiver.got.put(received)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()

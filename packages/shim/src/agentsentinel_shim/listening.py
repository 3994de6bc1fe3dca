"""Where the shim listens: on loopback, or beyond it with a token and TLS; nothing else is let begin."""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import uvicorn

from agentsentinel_shim.access import weakness_of
from agentsentinel_shim.asgi import Front
from agentsentinel_shim.origin import LOOPBACK
from agentsentinel_shim.upstream import CannotStart

TOKEN_VARIABLE = "AGENTSENTINEL_SHIM_TOKEN"  # noqa: S105 - the name of a variable


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of listening."""
    front = parser.add_argument_group("listening")
    front.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    front.add_argument("--port", type=int, default=8002, help="port to listen on (%(default)s)")
    front.add_argument("--allow-host", metavar="NAME", action="append", default=[], help="another name clients use")
    front.add_argument(
        "--token", metavar="TOKEN", help=f"what clients must send as X-AgentSentinel-Token (default: {TOKEN_VARIABLE})"
    )
    front.add_argument("--tls-cert", metavar="FILE", type=Path, help="certificate chain, as PEM: listen with TLS")
    front.add_argument("--tls-key", metavar="FILE", type=Path, help="its private key, as PEM, not encrypted")


def check(options: argparse.Namespace) -> None:
    """Complete the options, and refuse what would be open to others. Raises ValueError."""
    if not 0 <= options.port < 65536:
        raise ValueError(f"--port {options.port}: a port is 0 to 65535")
    options.token = options.token or os.environ.get(TOKEN_VARIABLE) or None
    missing = _missing(options)
    if options.host not in LOOPBACK and missing:
        raise ValueError(f"--host {options.host} is open to other machines: it needs {', '.join(missing)}")
    if (options.tls_cert is None) != (options.tls_key is None):
        raise ValueError("--tls-cert and --tls-key go together")
    if options.token is not None and (weakness := weakness_of(options.token)) is not None:
        raise ValueError(f"{weakness}; `openssl rand -hex 32` makes one")
    if options.tls_cert is not None:
        _check_certificate(options.tls_cert, options.tls_key)
    if not _is_wildcard(options.host):
        options.allow_host = [*options.allow_host, options.host]


def _missing(options: argparse.Namespace) -> list[str]:
    needs = [
        (options.token, f"--token TOKEN (or {TOKEN_VARIABLE})"),
        (options.tls_cert, "--tls-cert FILE"),
        (options.tls_key, "--tls-key FILE"),
        (options.allow_host or not _is_wildcard(options.host), "--allow-host NAME (by which clients reach it)"),
    ]
    return [name for value, name in needs if not value]


def _is_wildcard(host: str) -> bool:
    """Whether an address stands for all addresses of the machine, and so for none that clients could name."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def _check_certificate(certificate: Path, key: Path) -> None:
    """Load both as the server will, without asking for a password on the terminal. Raises ValueError."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ValueError(f"--tls-cert {certificate} and --tls-key {key} cannot be used: {reason}") from None


async def listen(
    app: Front, options: argparse.Namespace, path: str, say: Callable[[str], object], newer_path: str | None = None
) -> None:
    """Serve until the process is asked to stop. Raises CannotStart.

    Args:
        path: that of the printed address.
        newer_path: where clients should go instead that can, if that is another one.
    """
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    host = f"[{options.host}]" if ":" in options.host else options.host
    scheme = "http" if options.tls_cert is None else "https"
    origin = f"{scheme}://{host}:{options.port}"
    server = _Server(config, origin + path, say, newer_path and origin + newer_path)
    try:
        await server.serve()
    except SystemExit:
        raise CannotStart(
            f"port {options.port} on {options.host} cannot be used: it is taken, or the address is not one of this "
            "machine; give another --port"
        ) from None


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(
        self, config: uvicorn.Config, address: str, say: Callable[[str], object], newer_address: str | None
    ) -> None:
        super().__init__(config)
        self._newer_address = newer_address
        self._address = address
        self._say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started:
            self._say(f"[shim] Shim listening on  : {self._address}")
            self._say("[shim] ← Point your agent here instead of the real MCP server")
            if self._newer_address is not None:
                self._say(f"[shim]   The SSE transport is deprecated; newer clients: {self._newer_address}")

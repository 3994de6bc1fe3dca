"""`sentinel shim`: watch an MCP server without changing it or its client."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shlex
import socket
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

import uvicorn

from agentsentinel_sdk import InvalidArgument, KnownAgent, Reporter
from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE
from agentsentinel_shim import __version__
from agentsentinel_shim.asgi import Front
from agentsentinel_shim.bridge import Bridge
from agentsentinel_shim.conversation import Conversation
from agentsentinel_shim.http_relay import HttpRelay
from agentsentinel_shim.inventory import take_inventory
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.origin import LOOPBACK, OriginCheck
from agentsentinel_shim.reporting import Reporting, Upstream, printable
from agentsentinel_shim.sessions import SessionClock
from agentsentinel_shim.stdio import relay as relay_stdio
from agentsentinel_shim.upstream import CannotStart

USAGE_ERROR = 2
FLAGGED_FROM = 0.7
"""The anomaly score from which a call gets a warning sign."""
_KNOWN_SECONDS = 6.0
_SWITCH_SECONDS = 0.0005
"""How long the relay waits at most for Python code of the threads that look and report; Python's default is 5 ms."""
_NAME_WIDTH = 20

EPILOG = """examples:
  sentinel shim --upstream-cmd "npx -y @modelcontextprotocol/server-filesystem /tmp" --agent-name files
  sentinel shim --upstream-url https://mcp.example.com/mcp --agent-name support --port 8002
  sentinel shim --stdio --agent-name desk -- npx -y @modelcontextprotocol/server-filesystem /tmp
"""


def run(arguments: Sequence[str], prog: str = "sentinel shim") -> int:
    """Run the shim until it is stopped; return its exit code: 2 if it could not start as asked."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    logging.basicConfig(format="[shim] %(message)s", level=logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_traceback)
    try:
        options = parse(arguments, prog)
    except ValueError as error:
        say(f"{prog}: {error}", sys.stderr)
        return USAGE_ERROR
    try:
        if options.stdio:
            return _run_stdio(options)
        return asyncio.run(_serve(options))
    except (CannotStart, InvalidArgument) as error:
        say(f"{prog}: {error}", sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return 0


def _is_worth_a_traceback(record: logging.LogRecord) -> bool:
    """Leave out connections that were cut: the relay cuts one by raising, and has said why."""
    return record.exc_info is None or not isinstance(record.exc_info[1], ConnectionError)


def parse(arguments: Sequence[str], prog: str) -> argparse.Namespace:
    """Read the options. Raises ValueError with a sentence that says what to do."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Watch an MCP server: each tool call is reported, each tool becomes a grant, bytes pass unchanged.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"sentinel {__version__}")
    upstream = parser.add_argument_group("the MCP server (one of them)")
    upstream.add_argument("--upstream-cmd", metavar="CMD", help="start this stdio server, and serve it over HTTP")
    upstream.add_argument("--upstream-url", metavar="URL", help="relay to this server over HTTP")
    upstream.add_argument(
        "--stdio", action="store_true", help="relay between standard input and output and CMD after --"
    )
    upstream.add_argument("--server-name", metavar="NAME", help="its name; default: the one it gives itself")
    upstream.add_argument("command", nargs="*", metavar="CMD", help=argparse.SUPPRESS)
    agent = parser.add_argument_group("the agent")
    agent.add_argument("--agent-name", metavar="NAME", help="name of the agent; registered if there is none")
    agent.add_argument("--agent-id", metavar="UUID", help="id of a registered agent, whose history goes on")
    agent.add_argument("--team", default="platform-eng", help="its team (%(default)s)")
    agent.add_argument("--model", default="claude-opus-4-7", help="its model (%(default)s)")
    agent.add_argument("--description", default="Agent monitored via AgentSentinel MCP shim", help="what it does")
    front = parser.add_argument_group("listening")
    front.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    front.add_argument("--port", type=int, default=8002, help="port to listen on (%(default)s)")
    front.add_argument("--allow-host", metavar="NAME", action="append", default=[], help="another name clients use")
    server = parser.add_argument_group("AgentSentinel")
    server.add_argument("--sentinel-url", metavar="URL", default=None, help=f"default: {BASE_URL_VARIABLE}")
    server.add_argument("--api-key", metavar="KEY", default=None, help=f"default: {API_KEY_VARIABLE}")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    given = [bool(options.upstream_cmd), bool(options.upstream_url), options.stdio]
    if sum(given) != 1:
        raise ValueError("give one of --upstream-cmd, --upstream-url and --stdio")
    if options.stdio != bool(options.command):
        raise ValueError("--stdio needs the server's command after --, and nothing else takes one")
    if bool(options.agent_name) == bool(options.agent_id):
        raise ValueError("give --agent-name or --agent-id, one of them")
    if options.agent_id:
        try:
            UUID(options.agent_id)
        except ValueError:
            raise ValueError(f"--agent-id {options.agent_id!a} is not a UUID") from None
    if options.upstream_url and (
        urlsplit(options.upstream_url).scheme not in ("http", "https") or not urlsplit(options.upstream_url).hostname
    ):
        raise ValueError(f"--upstream-url {options.upstream_url!a}: it must begin with http:// or https://")
    if options.upstream_cmd:
        try:
            options.command = shlex.split(options.upstream_cmd)
        except ValueError as error:
            raise ValueError(f"--upstream-cmd cannot be read: {error}") from None
        if not options.command:
            raise ValueError("--upstream-cmd is empty")
    if options.host not in LOOPBACK:
        raise ValueError(f"--host {options.host}: the shim listens on loopback only; put a proxy with TLS in front")
    if not 0 <= options.port < 65536:
        raise ValueError(f"--port {options.port}: a port is 0 to 65535")
    if not (options.api_key or os.environ.get(API_KEY_VARIABLE)):
        raise ValueError(
            f"no API key: set {API_KEY_VARIABLE}, or give --api-key (`agentsentinel keys create` makes one)"
        )


def _reporter(options: argparse.Namespace, known: asyncio.Future[KnownAgent] | None) -> Reporter:
    """Return the reporter; with `known`, it prints lines for people, and sets it once the server knows the agent."""

    def on_known(agent: KnownAgent) -> None:
        if known is None:
            return
        if agent.is_new:
            say(f"[shim] Registered agent   : {agent.agent_id} ({printable(agent.name or '')})")
        else:
            say(f"[shim] Reusing agent      : {agent.agent_id}")
        with contextlib.suppress(RuntimeError):  # the relay has ended
            known.get_loop().call_soon_threadsafe(_settle, known, agent)

    def on_scored(tool_name: str, score: float | None) -> None:
        if score is not None:
            say(
                f"[shim] tool={printable(tool_name):<{_NAME_WIDTH}} anomaly={score:.3f}{' ⚠️' * (score >= FLAGGED_FROM)}"
            )

    return Reporter(
        options.api_key,
        options.sentinel_url,
        agent_id=options.agent_id,
        agent_name=options.agent_name,
        owner_team=options.team,
        model=options.model,
        description=options.description,
        session_id=f"shim-{secrets.token_hex(4)}",
        on_known=on_known,
        on_scored=None if known is None else on_scored,
    )


def _settle(known: asyncio.Future[KnownAgent], agent: KnownAgent) -> None:
    if not known.done():  # an agent that was forgotten is registered again
        known.set_result(agent)


def _observer(reporter: Reporter, options: argparse.Namespace) -> tuple[Observer, Reporting]:
    upstream = Upstream(options.upstream_url, tuple(options.command), options.server_name)
    reporting = Reporting(reporter, upstream, lambda line: say(f"[shim] {line}", sys.stderr))
    conversation = Conversation(reporter.hash_key, SessionClock())
    return Observer(conversation, reporting), reporting


def _run_stdio(options: argparse.Namespace) -> int:
    with _reporter(options, None) as reporter:
        observer, _ = _observer(reporter, options)
        reporter.start()
        status = relay_stdio(options.command, observer)
        observer.close(timeout=2)
        return status


async def _serve(options: argparse.Namespace) -> int:
    known: asyncio.Future[KnownAgent] = asyncio.get_running_loop().create_future()
    reporter = _reporter(options, known)
    try:
        reporter.start()
        await asyncio.wait([known], timeout=_KNOWN_SECONDS)
        observer, reporting = _observer(reporter, options)
        check = OriginCheck([*LOOPBACK, *options.allow_host])
        service: Bridge | HttpRelay
        if options.command:
            server_name, names = await take_inventory(options.command)
            reporting.introduce(server_name)
            say(f"[shim] upstream ready — proxying {len(names)} tools: {[printable(name) for name in names]}")
            reporting.declare(names)
            await reporter.aflush(_KNOWN_SECONDS)
            say(f"[shim] {_granted(len(names), known)}")
            service, path = Bridge(options.command, observer), "/sse"
        else:
            service, path = HttpRelay(options.upstream_url, observer), urlsplit(options.upstream_url).path
        await _listen(Front(service, check), options, path)
        observer.close(timeout=2)
    finally:
        reporter.close()
    return 0


def _granted(count: int, known: asyncio.Future[KnownAgent]) -> str:
    """Say what became of the grants."""
    if not known.done():
        return "AgentSentinel cannot be reached: calls are kept on disk, and grants are added once it can"
    if not known.result().may_grant:
        return f"No grants added: this key may not. Grant the {count} tools with an admin key, or in the dashboard"
    return f"Added {count} tool grants"


async def _listen(app: Front, options: argparse.Namespace, path: str) -> None:
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    server = _Server(config, f"http://{options.host}:{options.port}{path}")
    try:
        await server.serve()
    except SystemExit:
        raise CannotStart(
            f"port {options.port} on {options.host} cannot be used: it is taken; give another --port"
        ) from None


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        if self.started:
            say(f"[shim] Shim listening on  : {self._address}")
            say("[shim] ← Point your agent here instead of the real MCP server")


def say(line: str, stream: object = None) -> None:
    """Print a line for people, at once."""
    print(line, file=stream or sys.stdout, flush=True)  # type: ignore[arg-type]

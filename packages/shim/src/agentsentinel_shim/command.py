"""`sentinel shim`: watch an MCP server without changing it or its client."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from agentsentinel_sdk import InvalidArgument, KnownAgent, Reporter
from agentsentinel_sdk.reporter import API_KEY_VARIABLE, BASE_URL_VARIABLE, spool_folder
from agentsentinel_shim import __version__, listening
from agentsentinel_shim.access import TokenCheck
from agentsentinel_shim.asgi import Front, Service
from agentsentinel_shim.bridge import Bridge
from agentsentinel_shim.conversation import Conversation
from agentsentinel_shim.desk.files import Unusable
from agentsentinel_shim.inventory import CannotList, Inventory, take_inventory, take_inventory_at
from agentsentinel_shim.key_file import DEFAULT_KEY_FILE, read_key
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.offer_file import OfferFile, file_for
from agentsentinel_shim.origin import LOOPBACK, OriginCheck
from agentsentinel_shim.pending import PendingRequests
from agentsentinel_shim.reporting import Reporting, Upstream, printable
from agentsentinel_shim.sessions import SessionClock
from agentsentinel_shim.stdio import relay as relay_stdio
from agentsentinel_shim.upstream import CannotStart

if TYPE_CHECKING:
    from agentsentinel_shim.enforcement.setup import Enforcement

USAGE_ERROR = 2
DESK_VERBS = ("install", "remove")
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
  sentinel shim install --client claude-desktop     its servers go through the shim; `remove` takes it out again
"""


def run(arguments: Sequence[str], prog: str = "sentinel shim") -> int:
    """Run the shim until it is stopped; return its exit code: 2 if it could not start as asked."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    logging.basicConfig(format="[shim] %(message)s", level=logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_a_traceback)
    if arguments and arguments[0] in DESK_VERBS:
        return _run_desk(arguments[0], arguments[1:], prog)
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
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0


def _run_desk(verb: str, arguments: Sequence[str], prog: str) -> int:
    """Rewrite a client's configuration; return the exit code."""
    try:
        from agentsentinel_shim.desk.install import run as run_install
    except ModuleNotFoundError as error:
        say(f"{prog} {verb}: {error.name} is not installed; install agentsentinel-cli[shim]", sys.stderr)
        return USAGE_ERROR
    try:
        run_install(verb, arguments, prog, say)
    except (ValueError, Unusable) as error:
        say(f"{prog} {verb}: {error}", sys.stderr)
        return USAGE_ERROR
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
        "--inventory", action="store_true", help="with --upstream-url: list its tools at the start, as a client would"
    )
    upstream.add_argument(
        "--shared", action="store_true", help="with --upstream-cmd: one process for all clients, not one for each"
    )
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
    listening.add_options(parser)
    policy = parser.add_argument_group("the policy")
    policy.add_argument("--policy", metavar="FILE", type=Path, help="judge each call by the rules in this YAML file")
    policy.add_argument(
        "--enforce", action="store_true", help="refuse what is denied; without it, events say what would be refused"
    )
    server = parser.add_argument_group("AgentSentinel")
    server.add_argument("--sentinel-url", metavar="URL", default=None, help=f"default: {BASE_URL_VARIABLE}")
    server.add_argument("--api-key", metavar="KEY", default=None, help=f"default: {API_KEY_VARIABLE}")
    server.add_argument(
        "--api-key-file", metavar="FILE", type=Path, help=f"file that holds the key (default: {DEFAULT_KEY_FILE})"
    )
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    given = [bool(options.upstream_cmd), bool(options.upstream_url), options.stdio]
    if sum(given) != 1:
        raise ValueError("give one of --upstream-cmd, --upstream-url and --stdio")
    if options.inventory and not options.upstream_url:
        raise ValueError("--inventory is for --upstream-url: a server that the shim starts is listed anyway")
    if options.shared and not options.upstream_cmd:
        raise ValueError("--shared is for --upstream-cmd")
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
    listening.check(options)
    options.api_key = _api_key(options)


def _api_key(options: argparse.Namespace) -> str:
    """Return the key: given, of the environment, of the file. Raises ValueError."""
    key: str | None = options.api_key
    if not key and options.api_key_file is None:
        key = os.environ.get(API_KEY_VARIABLE)
    if key:
        return key
    if options.api_key_file is None and not Path(DEFAULT_KEY_FILE).expanduser().is_file():
        raise ValueError(
            f"no API key: set {API_KEY_VARIABLE}, or put it into {DEFAULT_KEY_FILE}, readable by you alone "
            "(`agentsentinel keys create` makes one)"
        )
    return read_key(options.api_key_file)


def _reporter(
    options: argparse.Namespace, known: asyncio.Future[KnownAgent] | None, enforcement: Enforcement | None
) -> Reporter:
    """Return the reporter; with `known`, it prints lines for people, and sets it once the server knows the agent."""

    def on_known(agent: KnownAgent) -> None:
        if enforcement is not None:
            enforcement.know(agent)
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


def _enforcement(options: argparse.Namespace) -> Enforcement | None:
    """Return what judges calls; None when no policy is given and nothing is to be refused. Raises CannotStart."""
    if options.policy is None and not options.enforce:
        return None
    from agentsentinel_shim.enforcement.setup import Enforcement  # loads YAML and RE2
    from agentsentinel_shim.policy_file import PolicyError

    try:
        return Enforcement(
            options.policy,
            enforces=options.enforce,
            agent_name=options.agent_name or "",
            api_key=options.api_key,
            base_url=options.sentinel_url,
        )
    except PolicyError as error:
        raise CannotStart(f"the policy cannot be used:\n{error}") from None


def _observer(
    reporter: Reporter,
    options: argparse.Namespace,
    enforcement: Enforcement | None,
    pending: PendingRequests | None = None,
) -> tuple[Observer, Reporting]:
    upstream = Upstream(options.upstream_url, tuple(options.command), options.server_name)
    reporting = Reporting(
        reporter,
        upstream,
        lambda line: say(f"[shim] {line}", sys.stderr),
        None if enforcement is None else lambda tools: enforcement.judge.listed(tools, time.time()),
        OfferFile(_offer_path(options)),
    )
    judge = None if enforcement is None else enforcement.shadow
    on_message = None if pending is None else pending.passed
    observer = Observer(Conversation(reporter.hash_key, SessionClock()), reporting, on_message, judge)
    if enforcement is not None:
        enforcement.begin(lambda: reporting.server_name, reporting.offered, observer.catch_up)
    return observer, reporting


def _offer_path(options: argparse.Namespace) -> Path | None:
    """Return the file that keeps what the server offers; None where nothing is kept on disk."""
    folder = spool_folder()
    if folder is None:
        return None
    agent = options.agent_id or f"{options.team}/{options.agent_name}"
    return file_for(folder, agent, options.upstream_url, options.command, options.server_name)


def _run_stdio(options: argparse.Namespace) -> int:
    enforcement = _enforcement(options)
    with _reporter(options, None, enforcement) as reporter:
        pending = PendingRequests()
        observer, _ = _observer(reporter, options, enforcement, pending)
        reporter.start()
        if enforcement is not None:
            say(f"[shim] {enforcement.announcement(_KNOWN_SECONDS)}", sys.stderr)
        status = relay_stdio(options.command, observer, pending, None if enforcement is None else enforcement.gate)
        observer.close(timeout=2)
        return status


async def _serve(options: argparse.Namespace) -> int:
    known: asyncio.Future[KnownAgent] = asyncio.get_running_loop().create_future()
    enforcement = _enforcement(options)
    reporter = _reporter(options, known, enforcement)
    _end_when_terminated()
    try:
        reporter.start()
        await asyncio.wait([known], timeout=_KNOWN_SECONDS)
        observer, reporting = _observer(reporter, options, enforcement)
        gate = None if enforcement is None else enforcement.gate
        check = OriginCheck([*LOOPBACK, *options.allow_host])
        service: Service
        newer_path = None
        if options.command:
            await _declare(await take_inventory(options.command), reporter, reporting, known)
            service, path = Bridge(options.command, observer, is_shared=options.shared, gate=gate), "/sse"
            newer_path = "/mcp"
        else:
            from agentsentinel_shim.http_relay import HttpRelay  # its HTTP client loads slowly, and only it needs one

            if options.inventory:
                await _inquire(options.upstream_url, reporter, reporting, known)
            service = HttpRelay(options.upstream_url, observer, gate, reporter.hash_key)
            path = urlsplit(options.upstream_url).path
        if enforcement is not None:
            say(f"[shim] {await asyncio.to_thread(enforcement.announcement, _KNOWN_SECONDS)}")
        _let_uvicorn_end()
        await listening.listen(Front(service, check, TokenCheck(options.token)), options, path, say, newer_path)
        observer.close(timeout=2)
    finally:
        reporter.close()
    return 0


def _end_when_terminated() -> None:
    """Let SIGTERM end the current task, as SIGINT does: a server that is being listed is stopped."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # Windows
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _let_uvicorn_end() -> None:
    """Leave SIGTERM to uvicorn, which sends it again after its shutdown: then calls are still to be reported."""
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: None)


async def _inquire(url: str, reporter: Reporter, reporting: Reporting, known: asyncio.Future[KnownAgent]) -> None:
    """List the tools at an address; what does not answer now may answer the clients later."""
    try:
        inventory = await take_inventory_at(url)
    except CannotList as error:
        say(f"[shim] No inventory: {error}. Tools become grants when a client lists them")
    else:
        await _declare(inventory, reporter, reporting, known)


async def _declare(
    inventory: Inventory, reporter: Reporter, reporting: Reporting, known: asyncio.Future[KnownAgent]
) -> None:
    names = inventory.tools
    reporting.introduce(inventory.server_name, inventory.server_version)
    say(f"[shim] upstream ready — proxying {len(names)} tools: {[printable(name) for name in names]}")
    for listed in inventory.lists:
        reporting(listed)
    are_added = await reporter.aflush(_KNOWN_SECONDS)
    say(f"[shim] {_granted(len(names), known, are_added=are_added)}")


def _granted(count: int, known: asyncio.Future[KnownAgent], *, are_added: bool) -> str:
    """Say what became of the grants."""
    if known.done() and not known.result().may_grant:
        return f"No grants added: this key may not. Grant the {count} tools with an admin key, or in the dashboard"
    if not known.done() or not are_added:
        return "AgentSentinel cannot be reached: calls are kept on disk, and grants are added once it can"
    return f"Added {count} tool grants"


def say(line: str, stream: object = None) -> None:
    """Print a line for people, at once. Where they have closed the pipe (`| head`), the relay goes on without lines."""
    with contextlib.suppress(BrokenPipeError):
        print(line, file=stream or sys.stdout, flush=True)  # type: ignore[arg-type]

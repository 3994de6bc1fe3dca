"""Reports tool calls in the background: the agent hands them over and goes on, whatever the server does.

    reporter = Reporter(api_key, agent_name="invoice-agent", owner_team="finance")
    calls = reporter.recorder()
    calls.start("call-1", "read_ledger", {"year": 2026})
    calls.end("call-1", rows)

What each call costs the agent's thread is hashing (in proportion to the payload) and one entry in a queue. All else
happens on one thread of the reporter's own: batches over one connection, repeats, and a spool on disk while the server
is away. What can be lost, and when, is in docs/sdk.md.
"""

from __future__ import annotations

import asyncio
import atexit
import getpass
import hashlib
import os
import platform
import secrets
import sys
import time
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import httpx2

from agentsentinel_sdk._delivery import Delivery
from agentsentinel_sdk._log import logger
from agentsentinel_sdk._queue import MOST_QUEUED, Entry, EventQueue
from agentsentinel_sdk._spool import DEFAULT_LIMIT_BYTES, Spool, is_supported
from agentsentinel_sdk._worker import ReporterStats, Worker
from agentsentinel_sdk.client import DEFAULT_BASE_URL, Client
from agentsentinel_sdk.errors import ScoreUnavailable, SentinelError
from agentsentinel_sdk.hashing import resolve_hash_key
from agentsentinel_sdk.identity import (
    DEFAULT_AGENT_TYPE,
    DEFAULT_MODEL,
    DEFAULT_TEAM,
    AgentIdentity,
    AgentRegistry,
    DeclaredManifest,
    DeclaredServer,
    KnownAgent,
    Seen,
)
from agentsentinel_sdk.models import ObservationKind, Score, ToolCallEvent
from agentsentinel_sdk.recorder import ToolCallRecorder, abandon_all

API_KEY_VARIABLE = "AGENTSENTINEL_API_KEY"
BASE_URL_VARIABLE = "SENTINEL_URL"
SPOOL_VARIABLE = "AGENTSENTINEL_SPOOL"

ATTEMPT_SECONDS = 5.0
"""How long one request may take; the server itself gives up after 4.5 seconds."""
_LOOK_SECONDS = 0.005
EXIT_SECONDS = 2.0
"""How long the end of the process may be held up, all reporters together."""


class Reporter:
    """Sends tool calls of one agent in the background. Safe to share between threads; one per process is enough.

    Args:
        api_key: `as_agt_...` or `as_adm_...`; default: AGENTSENTINEL_API_KEY.
        base_url: where the server is; default: SENTINEL_URL, then http://localhost:9000.
        agent_id: the agent's id. A key of scope agent needs none.
        agent_name: with `owner_team` names the agent for an admin key; registered when there is none. Default: a name
            that stays the same for this program on this machine.
        agent_type, model, owner_team, description: what the agent says about itself when it is registered.
        session_id: groups the calls of this run, at most 255 characters; default: made up.
        hash_key: makes digests HMAC-SHA256, so that a guess cannot be confirmed without the key; default:
            AGENTSENTINEL_HASH_KEY. All processes of a tenant need the same one.
        spool: the folder for events while the server is away, or None for memory only; default: AGENTSENTINEL_SPOOL
            (a folder, or `off`), then `agentsentinel/spool` in the user's state folder.
        most_queued: events kept in memory; when there are more, the oldest go and are counted.
        spool_bytes: size of this process's files in the spool; beyond it the oldest events go and are counted.
        on_known: called on the reporter's thread when the server knows the agent.
        on_scored: called on the reporter's thread with the tool's name and the anomaly score (0..1, or None) of each
            call that was stored.
        transport: how requests travel, for tests; see `agentsentinel_sdk.testing`.

    Nothing but the constructor and `require_score` raises, and nothing waits but `flush`, `close`, `agent_id` and the
    scores. Where the server refuses the key they do not wait either; one line on stderr, or in the log where there is
    one, says what to do.

    Raises:
        InvalidArgument: no key was given, or the key or the URL cannot be right.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        agent_id: str | None = None,
        agent_name: str | None = None,
        agent_type: str | None = None,
        model: str | None = None,
        owner_team: str | None = None,
        description: str | None = None,
        session_id: str | None = None,
        hash_key: str | bytes | None = None,
        spool: str | Path | None = "",
        most_queued: int = MOST_QUEUED,
        spool_bytes: int = DEFAULT_LIMIT_BYTES,
        on_known: Callable[[KnownAgent], object] | None = None,
        on_scored: Callable[[str, float | None], object] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        key = api_key if api_key is not None else os.environ.get(API_KEY_VARIABLE, "")
        url = base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        self.session_id = session_id or f"sdk-{secrets.token_hex(4)}"
        self.hash_key = resolve_hash_key(hash_key)
        self._clients = _Clients(
            lambda: Client(key, url, timeout=ATTEMPT_SECONDS, transport=transport, most_attempts=1)
        )
        identity = AgentIdentity(
            agent_id=agent_id,
            name=agent_name or default_agent_name("agent"),
            agent_type=agent_type or DEFAULT_AGENT_TYPE,
            model=model or DEFAULT_MODEL,
            owner_team=owner_team or DEFAULT_TEAM,
            description=description,
        )
        self._registry = AgentRegistry(identity, on_known or bool, logger.info)
        folder = spool_folder(spool)
        self._worker = Worker(
            _DeliveryMaker(self._clients, self._registry),
            EventQueue(most_queued),
            None if folder is None else Spool(folder / _identity_digest(url, identity, key), spool_bytes),
            None if on_scored is None else lambda wire, score: on_scored(wire["tool_name"], score),
            on_start=_close_with_multiprocessing,
        )
        weakref.finalize(self, self._worker.stop).atexit = False
        _WORKERS.add(self._worker)

    def __repr__(self) -> str:
        return f"Reporter(base_url={self._clients.current.base_url!r}, session_id={self.session_id!r})"

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __copy__(self) -> Reporter:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Reporter:
        return self  # frameworks copy their settings, and what hangs on them

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Reporter holds a key and a thread and cannot be pickled: make one in each process")

    # --- reporting ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Find out who the agent is now, instead of at the first report."""
        self._worker.start()

    def declare_tools(self, tools: Iterable[str], server_name: str | None = None) -> None:
        """State in the background that an MCP server lists these tools for the agent; never waits.

        Each becomes a grant, once, and again for an agent that AgentSentinel has forgotten. A key of scope agent states
        nothing.

        Args:
            tools: names of tools, as their server lists them.
            server_name: the server's name in the agent's configuration.
        """
        self._registry.declare_tools(tools, server_name)
        self._worker.prepare_again()

    def declare_server(self, name: str, url: str, command: str | None = None) -> None:
        """State in the background that the agent is connected to an MCP server, as in `declare_tools`; never waits.

        Args:
            name: the server's name in the agent's configuration.
            url: http, https, or `stdio:NAME` for a server that the agent's machine starts.
            command: command line of a stdio server, with its credentials masked.
        """
        self._registry.declare_server(DeclaredServer(name, url, command))
        self._worker.prepare_again()

    def report_observation(self, kind: ObservationKind, detail: str, server_name: str | None = None) -> None:
        """State in the background what was seen beside the agent; never waits.

        The same observation is stated once an hour at most.

        Args:
            kind: `message_smuggling`: a message that can be read in two ways.
            detail: names of what was seen, never values; 1..255 characters.
            server_name: the MCP server it concerns.
        """
        if self._registry.observe(Seen(kind, detail, server_name)):
            self._worker.prepare_again()

    def declare_manifest(self, manifest: DeclaredManifest) -> None:
        """State in the background what an MCP server offers to the agent; never waits. The newest one counts."""
        self._registry.declare_manifest(manifest)
        self._worker.prepare_again()

    def recorder(self, session_id: str | None = None) -> ToolCallRecorder:
        """Return the recorder that turns starts and ends of calls into reports; see `ToolCallRecorder`."""
        return ToolCallRecorder(self, session_id)

    def report(self, event: ToolCallEvent) -> None:
        """Hand over an event that is made already, of any agent that the key may report for."""
        self.submit(event.to_wire())

    def submit(self, wire: dict[str, Any], *, wants_grant: bool = False) -> None:
        """Hand over an event as the API takes it; without `agent_id` it is one of this reporter's agent.

        Args:
            wire: members as in `ToolCallEvent`, with an `event_id`; it must not be changed afterwards.
            wants_grant: whether a grant of the tool is to be stated, if the key may.
        """
        self._worker.report(Entry(wire, wants_grant))

    def note_abandoned(self) -> None:
        """Count a call whose end was never reported."""
        self._worker.abandoned += 1

    # --- waiting --------------------------------------------------------------------------------------------------

    def flush(self, timeout: float = EXIT_SECONDS) -> bool:
        """Send everything now and wait for it, at most `timeout` seconds; whether nothing is left."""
        return self._worker.flush(timeout)

    async def aflush(self, timeout: float = EXIT_SECONDS) -> bool:
        """`flush`, for coroutines."""
        return await asyncio.to_thread(self.flush, timeout)

    def close(self, timeout: float = EXIT_SECONDS) -> None:
        """Send what there is; what cannot be sent in `timeout` seconds stays on disk. Later reports are dropped.

        Calls that have begun and not ended are reported as errors, as at the end of the process.
        """
        abandon_all(self)
        self._worker.close(time.monotonic() + timeout)

    def agent_id(self, timeout: float = ATTEMPT_SECONDS) -> str | None:
        """Return the agent's id; None when the server does not answer within `timeout` seconds, or refuses."""
        self.start()
        deadline = time.monotonic() + timeout
        while self._registry.agent is None and not self._worker.is_refused and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)  # no lock is waited for, since a fork may have left it locked for ever
        agent = self._registry.agent
        return None if agent is None else agent.agent_id

    def score(self, timeout: float = ATTEMPT_SECONDS) -> Score | None:
        """Return the agent's Trust Score with everything reported so far; None when it cannot be fetched."""
        try:
            return self.require_score(timeout)
        except ScoreUnavailable as error:
            logger.warning("%s", error)
            return None

    def require_score(self, timeout: float = ATTEMPT_SECONDS) -> Score:
        """Return the agent's Trust Score with everything reported so far.

        Waits at most `timeout` seconds for what was reported to arrive, and as long as one request for the score.

        Raises:
            ScoreUnavailable: it cannot be had, with the reason.
        """
        deadline = time.monotonic() + timeout
        agent_id = self.agent_id(timeout)
        self.flush(max(deadline - time.monotonic(), 0.0))
        if agent_id is None or self._worker.is_refused:
            problem = self.stats.problem or "the server has not answered in time"
            raise ScoreUnavailable(f"the Trust Score is not available: {problem}")
        try:
            return self._clients.current.score(agent_id)
        except SentinelError as error:
            raise ScoreUnavailable(f"the Trust Score is not available: {error}") from error

    @property
    def stats(self) -> ReporterStats:
        """What became of everything that was reported."""
        return self._worker.stats()


class _Clients:
    """One client for each process: a forked child must not talk over its parent's connection."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._process = os.getpid()
        self._client = make()  # here, so that an unusable key or URL shows at once

    @property
    def current(self) -> Client:
        """This process's."""
        if os.getpid() != self._process:
            self._client, self._process = self._make(), os.getpid()
        return self._client


class _DeliveryMaker:
    """Makes what the worker sends with; no lambda over the reporter, which must stay free to be collected."""

    def __init__(self, clients: _Clients, registry: AgentRegistry) -> None:
        self._clients = clients
        self._registry = registry

    def __call__(self) -> Delivery:
        return Delivery(self._clients.current, self._registry)


# --- the life of the process ----------------------------------------------------------------------------------------

_WORKERS: weakref.WeakSet[Worker] = weakref.WeakSet()


def _close_all() -> None:
    abandon_all()
    deadline = time.monotonic() + EXIT_SECONDS
    workers = list(_WORKERS)
    for worker in workers:
        worker.stop()
    for worker in workers:
        worker.close(deadline)


def _reset_all() -> None:
    for worker in list(_WORKERS):
        worker.reset()


def _close_with_multiprocessing() -> None:
    """Children of `multiprocessing` by fork end without `atexit` before Python 3.13, yet run its own finalizers.

    To be called once the child is at work: at its very start the finalizers are cleared.
    """
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, _close_all, exitpriority=0)


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)


# --- what is not given ----------------------------------------------------------------------------------------------


def default_agent_name(prefix: str) -> str:
    """`prefix-` and six hexadecimal digits: the same for one program of one user on one machine."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a number without a name
        user = str(os.getuid()) if hasattr(os, "getuid") else ""
    program = os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else ""
    text = "\0".join((platform.node(), user, program))
    return f"{prefix}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:6]}"


def spool_folder(given: str | Path | None = "") -> Path | None:
    """Return the folder below which unsent events are kept; None where that is switched off.

    Args:
        given: the folder, the empty string for that of the environment, or None for none.
    """
    if given is None or not is_supported():
        return None
    named = str(given) or os.environ.get(SPOOL_VARIABLE, "")
    if named.lower() == "off":
        return None
    if named:
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(state) if state else Path.home() / ".local" / "state"
    except RuntimeError:  # no event loop runs
        return None
    return base / "agentsentinel" / "spool"


def _identity_digest(url: str, identity: AgentIdentity, api_key: str) -> str:
    """One folder per server and agent, whatever key it has: a new key delivers what the old one left."""
    who = identity.agent_id or "\0".join((identity.name or "", identity.owner_team))
    scope = api_key.strip()[:7]  # as_adm_ or as_agt_: an admin's agent of this name is not the one a key is bound to
    text = "\0".join((url.rstrip("/"), scope, who))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

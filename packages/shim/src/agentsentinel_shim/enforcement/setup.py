"""Puts together what judges the calls of one shim: the policy's file, the server's snapshot, the judge and the gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx2

from agentsentinel_sdk import KnownAgent
from agentsentinel_sdk.client import DEFAULT_BASE_URL, http_settings
from agentsentinel_sdk.reporter import BASE_URL_VARIABLE
from agentsentinel_shim.conversation import Link, ListsSeen
from agentsentinel_shim.enforcement.gate import Gate
from agentsentinel_shim.enforcement.judge import Judge
from agentsentinel_shim.enforcement.poller import PolicyFile, SnapshotPoller
from agentsentinel_shim.enforcement.snapshot import Snapshot
from agentsentinel_shim.enforcement.verdict import Verdict
from agentsentinel_shim.jsonrpc import Message
from agentsentinel_shim.offered import Offered

_REQUEST_SECONDS = 10.0


class Enforcement:
    """Judges the calls of one agent, from files and answers that threads of its own keep current.

    Args:
        policy: file of the policy; None for the built-in rules alone.
        enforces: whether calls are refused.
        agent_name: name of the agent, until the server has told it.
        api_key: key for the server.
        base_url: where the server is; None for that of the environment.

    Raises PolicyError for a policy that cannot be used, and InvalidArgument for a wrong key.
    """

    def __init__(
        self, policy: Path | None, *, enforces: bool, agent_name: str, api_key: str, base_url: str | None
    ) -> None:
        self._agent: KnownAgent | None = None
        self._gate: Gate | None = None
        self._policy = None if policy is None else PolicyFile(policy)
        url = base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL
        http = httpx2.Client(**http_settings(api_key, f"{url.rstrip('/')}/api/v1/", _REQUEST_SECONDS))
        self._poller = SnapshotPoller(
            http,
            lambda: self._agent.agent_id if self._agent else None,
            self._policy,
            on_snapshot=self._take,
        )
        self.judge = Judge(
            self._poller.policy,
            self._poller.knowledge,
            enforces=enforces,
            agent_name=agent_name,
            may_grant=lambda: self._agent is not None and self._agent.may_grant,
        )
        self._enforces = enforces

    def know(self, agent: KnownAgent) -> None:
        """Take the agent, as the server knows it."""
        self._agent = agent

    def begin(self, server_name: Callable[[], str], offered: Offered, catch_up: Callable[[], ListsSeen | None]) -> None:
        """Begin to ask the server; the arguments are those of `Gate` and `Judge`."""
        self.judge.watch(offered)
        # Without --enforce, calls are judged by the thread that looks at answers, in their order.
        self._gate = Gate(self.judge, server_name, catch_up if self._enforces else None)
        self._poller.start()

    @property
    def gate(self) -> Gate | None:
        """What stands before the upstream; None when nothing is refused."""
        return self._gate if self._enforces else None

    @property
    def shadow(self) -> Callable[[Link, Message, float], Verdict | None] | None:
        """What judges calls after they were forwarded; None when the gate judges them before."""
        return None if self._enforces else self._verdict

    def _take(self, snapshot: Snapshot) -> None:
        self.judge.granted(snapshot)

    def _verdict(self, link: Link, message: Message, at: float) -> Verdict | None:
        return None if self._gate is None else self._gate.verdict(link, message, at)

    def announcement(self, timeout: float) -> str:
        """Return a line for people, after the first snapshot or `timeout` seconds."""
        is_known = self._poller.wait_for_first(timeout)
        rules = 0 if self._policy is None else len(self._policy.policy.rules)
        what = f"{rules} rules and the built-in ones"
        if not self._enforces:
            return f"Policy: {what}, none enforced: events say what would be refused (--enforce refuses it)"
        if not is_known:
            return f"Policy: {what}, enforced. AgentSentinel cannot be reached: every call is refused until it can"
        return f"Policy: {what}, enforced"

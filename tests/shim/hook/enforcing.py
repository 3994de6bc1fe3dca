"""Hooks as a coding agent runs them: the installed command lines, as processes, against a server in memory."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook.ask import FOLDER, LOCK
from agentsentinel_shim.hook.clients import BY_NAME
from agentsentinel_shim.hook.ship import agent_name
from patience import PATIENCE_SECONDS
from shim.hook.samples import PAYLOADS
from shim.hook.support import PATH, Desk

POLICY = """\
version: 1
rules:
  - id: no-force
    mode: enforce
    why: nothing is pushed by force
    when: {tool: bash, arguments: {command: {matches: "--force"}}}
  - id: no-issues
    mode: enforce
    when: {server: github, tool: create_issue}
  - id: no-tests
    mode: enforce
    when: {tool: bash, arguments: {command: {matches: "^npm test"}}}
"""
"""Denies the call of each client's sample."""
RULES = {"claude-code": "no-issues", "cursor": "no-issues", "codex": "no-force", "copilot": "no-tests"}
ALLOWED: dict[str, dict[str, Any]] = {
    client: {
        **next(iter(events.values())),
        **({"toolName": "view"} if client == "copilot" else {"tool_name": "Read", "tool_use_id": "another"}),
    }
    for client, events in PAYLOADS.items()
}
"""A call of each client that the policy allows."""


@dataclass
class Agent:
    """A coding agent of one client, with our hooks in its own configuration."""

    desk: Desk
    client: str
    url: str
    api_key: str
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def before(self) -> str:
        """Name of the event before a call."""
        return BY_NAME[self.client].events[0]

    @property
    def folder(self) -> Path:
        return self.desk.home / ".local" / "state" / "agentsentinel" / "hook"

    @property
    def policy(self) -> Path:
        return self.desk.home / "policy.yaml"

    def install(self, *options: str, policy: str | None = POLICY) -> None:
        words = list(options)
        if policy is not None:
            self.policy.write_text(policy)
            words += ["--policy", str(self.policy)]
        assert self.desk.run("install", "--client", self.client, "--sentinel-url", self.url, *words) == 0
        if BY_NAME[self.client].needs_trust:
            self.desk.trust()

    def command(self, event: str) -> str:
        """Return the command line that the client's file has for an event."""
        entry = json.loads(self.desk.file(self.client).read_text())["hooks"][event][-1]
        hook = entry["hooks"][0] if "hooks" in entry else entry
        return str(hook.get("command") or hook["bash"])

    def hook(self, payload: Any, event: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the hook of an event, which is the one before a call where none is named."""
        return subprocess.run(
            self.command(event or self.before),
            shell=True,
            input=payload if isinstance(payload, str) else json.dumps(payload),
            capture_output=True,
            text=True,
            env={**self.variables, **environment},
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def call(self) -> "subprocess.CompletedProcess[str]":
        """Run the hook before the call that the policy denies."""
        return self.hook(PAYLOADS[self.client][self.before])

    def allowed(self) -> "subprocess.CompletedProcess[str]":
        """Run the hook before a call that the policy allows."""
        return self.hook(ALLOWED[self.client])

    @property
    def variables(self) -> dict[str, str]:
        key = {"AGENTSENTINEL_API_KEY": self.api_key} if self.api_key else {}
        return {"PATH": PATH, "HOME": str(self.desk.home), **key, **self.environment}

    def deciders(self) -> list[int]:
        """Return the processes that decide for this home."""
        return [pid for pid in _processes() if f"{self.folder}/{FOLDER}/" in _command(pid)]


@contextmanager
def agent(tmp_path: Path, client: str = "codex", sentinel: FakeSentinel | None = None) -> Iterator[Agent]:
    """Give an agent and end the processes that its hooks have started."""
    sentinel = sentinel or FakeSentinel()
    with sentinel.serve() as url:
        made = Agent(Desk(tmp_path), client, url, sentinel.api_key)
        try:
            yield made
        finally:
            end(made)


def end(made: Agent) -> None:
    """End the processes that an agent's hooks have started."""
    end_processes(made.folder)
    wait_until(lambda: not made.deciders(), "the process that decides ends")


def end_processes(folder: Path) -> None:
    """End the processes that hooks of this folder have started."""
    for pid in _processes():
        if str(folder) in _command(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def agent_id(sentinel: FakeSentinel, client: str) -> str:
    """Return the id of the agent that a client is."""
    return str(next(each["id"] for each in sentinel.agents if each["name"] == agent_name(client)))


def wait_until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def locks(made: Agent) -> list[Path]:
    return list(made.folder.glob(f"{FOLDER}/*/{LOCK}"))


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""

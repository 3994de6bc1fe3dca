"""Generate load with `wrk`, one thread of C and LuaJIT, which must never be the bottleneck."""

import json
import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

SCRIPT = Path(__file__).with_name("load.lua")
ANSWER_SECONDS = 10
TOOLS = (
    "crm_search",
    "crm_read_contact",
    "calendar_list",
    "docs_search",
    "docs_read",
    "email_draft",
    "ticket_list",
    "ticket_update",
    "invoice_lookup",
    "web_fetch",
)
"""Names of the tools that the agents call."""

Kind = Literal["event", "batch", "get"]


class BenchError(Exception):
    """The measurement is impossible, or did not measure what was intended; the message says why."""


@dataclass(frozen=True)
class Target:
    """One agent and the key that its events are reported with."""

    agent_id: str
    key: str


@dataclass(frozen=True)
class Load:
    """The requests to send, over how many connections, and for how long."""

    kind: Kind
    url: str
    targets: Sequence[Target]
    seconds: int
    connections: int = 32
    with_ids: bool = False
    batch_size: int = 500
    paths: Sequence[str] = ()


@dataclass(frozen=True)
class Answers:
    """Counts and times of the answers to a load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    """Number of answers with status 400 or more."""
    broken: int
    """Number of connections that failed and of answers that did not arrive."""
    generator_cpu: float
    """Share of one core that wrk itself used; near 1, wrk was the bottleneck."""

    @property
    def per_second(self) -> float:
        """Return the answers per second."""
        return self.requests / self.seconds


def find_wrk() -> str:
    """Return the path of `wrk`. Raises BenchError, which says how to install it, when it is missing."""
    program = shutil.which("wrk")
    if program is None:
        raise BenchError("wrk is missing: install the package `wrk` (Debian, Ubuntu: apt-get install wrk)")
    return program


def run(load: Load) -> Answers:
    """Send the load. Raises BenchError when any request was refused or broken."""
    with NamedTemporaryFile("w", suffix=".lua") as settings:
        settings.write(_settings(load))
        settings.flush()
        answers = _run(load, settings.name)
    if answers.refused or answers.broken or not answers.requests:
        raise BenchError(f"{load.url}: {answers.refused} of {answers.requests} refused, {answers.broken} broken")
    return answers


def _run(load: Load, settings: str) -> Answers:
    command = [find_wrk(), "-t1", f"-c{load.connections}", f"-d{load.seconds}s", f"--timeout={ANSWER_SECONDS}s"]
    command += ["-s", str(SCRIPT), load.url, "--", load.kind, settings]
    before = os.times()
    process = subprocess.run(
        command, capture_output=True, text=True, timeout=load.seconds + 3 * ANSWER_SECONDS, check=False
    )
    after = os.times()
    if process.returncode != 0:
        raise BenchError(f"wrk failed: {process.stderr.strip() or process.stdout.strip()}")
    figures = json.loads(process.stdout.strip().splitlines()[-1])
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Answers(**figures, generator_cpu=used / figures["seconds"])


def _settings(load: Load) -> str:
    """Return the load as a Lua table.

    Nothing in it needs escaping: ids, keys, paths and names are plain ASCII.
    """
    targets = ",".join(f'{{agent="{target.agent_id}",key="{target.key}"}}' for target in load.targets)
    paths, tools = (",".join(f'"{text}"' for text in texts) for texts in (load.paths, TOOLS))
    return (
        f"return {{targets={{{targets}}},with_ids={str(load.with_ids).lower()},seed={random.getrandbits(31)},"
        f"batch_size={load.batch_size},paths={{{paths}}},tools={{{tools}}}}}\n"
    )

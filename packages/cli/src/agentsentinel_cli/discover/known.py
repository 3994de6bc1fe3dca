"""Agents that are known: listed in a baseline, or by an `AGENT` line of a `.sentinelignore` file.

A known agent stays in the report and no longer sets the exit code. Its identity survives a restart: the vector, the
name and the place, without process ids.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import date

from agentsentinel_cli.discover.model import DiscoveredAgent
from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_cli.scan.suppressions import AGENT, Entry, read_ignore_file
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.posture.registry import CATALOGUE

DEFAULT_IGNORE_FILE = ".sentinelignore"


def fingerprint_of(agent: DiscoveredAgent) -> str:
    """Return the identity of an agent across runs, 64 hex digits."""
    place = _place(agent)
    return hashlib.sha256("\0".join((agent.source, agent.name, place)).encode("utf-8", "replace")).hexdigest()


def place_of(agent: DiscoveredAgent) -> str:
    """Return where an agent is on its host, the same at each run: a script, an address, a container, a client."""
    if agent.source == "client":
        return f"{agent.name} {agent.location}"
    return _place(agent) or f"{agent.source} {agent.name}"


def _place(agent: DiscoveredAgent) -> str:
    if agent.source != "process" and agent.endpoints:
        return agent.endpoints[0]
    return agent.script or agent.container or ("" if agent.pid is not None else agent.location)


def read_ignores(files: Iterable[str]) -> list[Entry]:
    """Return the `AGENT` entries of ignore files. Raises SuppressionError and OSError."""
    rules = [rule.id for rule in CATALOGUE]
    return [entry for file in files for entry in read_ignore_file(file, rules) if entry.rule == AGENT]


def default_ignore_files() -> list[str]:
    """Return the ignore file of the working folder, if there is one."""
    return [DEFAULT_IGNORE_FILE] if os.path.isfile(DEFAULT_IGNORE_FILE) else []


def read_baseline(path: str) -> dict[str, str]:
    """Read a baseline: fingerprint -> its path. Raises SuppressionError and OSError."""
    try:
        with open(path, "rb") as stream:
            return {entry["fingerprint"]: path for entry in json.load(stream)["agents"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SuppressionError(
            f"{path}: is not a baseline of agents; write one with --write-baseline {path}"
        ) from error


def write_baseline(path: str, agents: Iterable[DiscoveredAgent]) -> int:
    """Write a baseline of agents, and return their number. Raises OSError."""
    known = sorted(
        (
            {"fingerprint": fingerprint_of(agent), "source": agent.source, "name": agent.name, "risk": agent.risk.value}
            for agent in agents
        ),
        key=lambda entry: (entry["source"], entry["name"], entry["fingerprint"]),
    )
    beside = f"{path}.new"
    with open(beside, "w", encoding="utf-8") as stream:
        json.dump({"version": 1, "agents": known}, stream, indent=2)
        stream.write("\n")
    os.replace(beside, path)
    return len(known)


def marked(
    agents: Iterable[DiscoveredAgent], entries: Iterable[Entry], baseline: Mapping[str, str], today: date
) -> list[DiscoveredAgent]:
    """Return the agents, the known ones with the reason why they are."""
    current = [entry for entry in entries if entry.until is None or entry.until >= today]
    return [replace(agent, known_as=_reason(agent, current, baseline)) for agent in agents]


def _reason(agent: DiscoveredAgent, entries: Iterable[Entry], baseline: Mapping[str, str]) -> str | None:
    places = [place for place in (agent.name, agent.location, agent.script, agent.container, *agent.endpoints) if place]
    for entry in entries:
        if any(entry.means(place.lstrip("/")) for place in places):
            return f"{entry.reason} ({entry.where})"
    where = baseline.get(fingerprint_of(agent))
    return f"in {where}" if where is not None else None

"""`sentinel scan --connect URL` without a target: the agents of a platform with their scores."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from agentsentinel_cli.commands.output import deliver
from agentsentinel_cli.report.words import clipped, padded, safe
from agentsentinel_cli.scan.platform_comparison import LiveError, agents_of

CLEAN, USAGE_ERROR = 0, 2
_COLUMNS = (("Agent", 32), ("Status", 10), ("Trust", 7), ("Posture", 9), ("Behaviour", 11), ("Model", 20))


def list_agents(options: argparse.Namespace) -> int:
    """Write the agents of a platform, the least trusted first, and return the exit code."""
    if options.format not in ("text", "json"):
        sys.stderr.write(f"sentinel scan: --format {options.format} is for source code; use text or json\n")
        return USAGE_ERROR
    try:
        agents = agents_of(options.connect, options.api_key or os.environ.get("AGENTSENTINEL_API_KEY", ""))
    except LiveError as error:
        sys.stderr.write(f"sentinel scan: {safe(str(error), 400)}\n")
        return USAGE_ERROR
    text = json.dumps(agents, indent=2) + "\n" if options.format == "json" else "\n".join(_table(agents)) + "\n"
    return CLEAN if deliver(text, options.output, "sentinel scan") else USAGE_ERROR


def _table(agents: Iterable[dict[str, Any]]) -> Iterator[str]:
    rows = list(agents)
    if not rows:
        yield "  No agents are registered."
        return
    yield ("  " + "".join(padded(title, columns) for title, columns in _COLUMNS)).rstrip()
    yield f"  {'─' * (sum(columns for _, columns in _COLUMNS) - 2)}"
    for agent in rows:
        scores = (agent["trust_score"], agent["posture_score"], agent["behavior_score"])
        cells = (agent["name"], agent["status"], *map(_score, scores), agent["model"])
        fitted = (
            padded(clipped(str(cell), columns - 2), columns) for cell, (_, columns) in zip(cells, _COLUMNS, strict=True)
        )
        yield ("  " + "".join(fitted)).rstrip()
    yield ""
    yield f"  {len(rows)} agent{'' if len(rows) == 1 else 's'}"


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

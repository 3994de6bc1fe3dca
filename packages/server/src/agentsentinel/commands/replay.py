"""Scores recorded events with the behaviour engine, without a platform: `agentsentinel replay`.

Files hold one JSON object a line and may be compressed by gzip. Members that a product does not receive, such as the
labels of an evaluation, are not decoded, so that no score can depend on them.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from agentsentinel_core.behavior.counters import AgentCounters
from agentsentinel_core.behavior.registry import DETECTORS

T = TypeVar("T")


class ReplayError(Exception):
    """Files that cannot be replayed; the text names the file and the line."""


class RecordedEvent(msgspec.Struct, gc=False):
    """One tool call as recorded. `ts` is in POSIX seconds; events are in the order of their receipt."""

    id: str | int
    agent: str
    tool: str
    ts: float
    session: str | None = None
    agent_type: str | None = None
    operation: str | None = None
    input_hash: str | None = None
    output_hash: str | None = None
    duration_ms: int | None = None
    status: str | None = None


class RecordedGrant(msgspec.Struct, gc=False):
    """One tool that an agent was granted."""

    agent: str
    tool: str
    agent_type: str | None = None
    scope: str | None = None


Scorer = Callable[[RecordedEvent], float]
"""Scores one event from those before it, and counts it."""


def replay(history: Path, live: Path, grants: Path, out: Path, field: str) -> int:
    """Score the events of `live` after those of `history`; write `{"id": score}` to `out` and return how many.

    Raises ReplayError for a line that is not an event or a grant, and OSError for a file that cannot be read.
    """
    _ = list(read_lines(grants, RecordedGrant))
    score = _SCORERS[field]()
    for event in read_lines(history, RecordedEvent):
        score(event)
    scores = {str(event.id): score(event) for event in read_lines(live, RecordedEvent)}
    out.write_text(json.dumps(scores, indent=0) + "\n", encoding="utf-8")
    return len(scores)


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Yield the records of a file. Raises ReplayError for a line that is not one."""
    decoder = msgspec.json.Decoder(kind)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield decoder.decode(line)
                except msgspec.MsgspecError as error:
                    raise ReplayError(f"{path.name}, line {number}: {error}") from None


def score_anomalies() -> Scorer:
    """Return a scorer that gives the anomaly score, by the counters and detectors that ingest uses."""
    agents: dict[str, AgentCounters] = {}

    def score(event: RecordedEvent) -> float:
        counters = agents.setdefault(event.agent, AgentCounters())
        assessment, _ = counters.observe(event.tool, event.ts, event.session, DETECTORS)
        return assessment.anomaly_score

    return score


_SCORERS: dict[str, Callable[[], Scorer]] = {"anomaly_score": score_anomalies}
"""What makes a scorer, by the name of its number."""

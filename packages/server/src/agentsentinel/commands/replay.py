"""Scores recorded events with the behaviour engine, without a platform: `agentsentinel replay`.

Files hold one JSON object a line and may be compressed by gzip. Members that a product does not receive, such as the
labels of an evaluation, are not decoded, so that no score can depend on them.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from agentsentinel_core.behavior.counters import AgentCounters
from agentsentinel_core.behavior.registry import DETECTORS
from agentsentinel_core.behavior.sessions.combination import Constants, read_constants
from agentsentinel_core.behavior.sessions.engine import RiskEngine
from agentsentinel_core.behavior.sessions.fitted import FITTED
from agentsentinel_core.behavior.sessions.session import call_of

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


Scorer = Callable[[RecordedEvent, bool], float]
"""Scores one event from those before it, and counts it; the second argument says whether it is of the history."""


def replay(
    history: Path, live: Path, grants: Path, out: Path, field: str = "session_risk", constants: Path | None = None
) -> int:
    """Score the events of `live` after those of `history`; write `{"id": score}` to `out` and return how many.

    Raises ReplayError for a line that is not an event or a grant and for constants that are not such, and OSError for a
    file that cannot be read.
    """
    given = list(read_lines(grants, RecordedGrant))
    score = score_anomalies() if field == "anomaly_score" else score_sessions(given, load_constants(constants))
    for event in read_lines(history, RecordedEvent):
        score(event, True)
    scores = {str(event.id): score(event, False) for event in read_lines(live, RecordedEvent)}
    out.write_text(json.dumps(scores, indent=0) + "\n", encoding="utf-8")
    return len(scores)


def load_constants(path: Path | None) -> Constants:
    """Read the constants of session risk from a file, or return those that are shipped. Raises ReplayError."""
    if path is None:
        return read_constants(FITTED)
    try:
        return read_constants(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        message = f"{path.name}: {error}"
        raise ReplayError(message) from None


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

    def score(event: RecordedEvent, _: bool) -> float:
        counters = agents.setdefault(event.agent, AgentCounters())
        assessment, _tool = counters.observe(event.tool, event.ts, event.session, DETECTORS)
        return assessment.anomaly_score

    return score


def score_sessions(grants: Iterable[RecordedGrant], constants: Constants) -> Scorer:
    """Return a scorer that gives the risk of the event's session so far."""
    engine = RiskEngine(constants)
    for grant in grants:
        engine.grant(grant.agent, grant.tool)

    def score(event: RecordedEvent, is_history: bool) -> float:
        return observe(engine, event, is_history)[0]

    return score


def observe(engine: RiskEngine, event: RecordedEvent, is_history: bool) -> tuple[float, list[float]]:
    """Judge a recorded event; return the risk of its session so far, and the features that it comes from."""
    is_granted = engine.is_granted(event.agent, event.tool)
    call = call_of(event.tool, event.ts, event.operation, event.input_hash, is_granted=is_granted)
    return engine.observe(event.agent, event.agent_type or "", event.session, call, is_trusted=is_history)

"""Streams of sessions for the tests of session risk, and what the replay says about them."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from agentsentinel.commands.replay import replay
from patience import PATIENCE_SECONDS
from server.support import Server, event, query

TOOLS = ["find_file", "get_file", "send_email", "get_calendar", "get_secrets"]
ROUTINES = [["find_file", "get_file"], ["find_file", "get_file", "send_email"], ["get_calendar"]]
STRANGE = ["get_calendar", "get_secrets", "send_email", "get_secrets", "send_email"]
Calls = list[dict[str, Any]]


def session_of(tools: Sequence[str], start: datetime, session_id: str, gap: float = 4.0) -> Calls:
    """Return the calls of one session, `gap` seconds apart."""
    return [
        {
            "tool_name": tool,
            "timestamp": (start + timedelta(seconds=gap * place)).isoformat(),
            "session_id": session_id,
            "input_hash": f"{place:064x}",
        }
        for place, tool in enumerate(tools)
    ]


def normal_work(sessions: int, start: datetime, every: timedelta, seed: int = 1) -> Calls:
    """Return sessions of normal work, one after the other."""
    chance = Random(seed)
    return [
        call
        for number in range(sessions)
        for call in session_of(
            chance.choice(ROUTINES), start + every * number, f"work-{seed}-{number}", gap=3 + chance.randrange(4)
        )
    ]


def days_ago(days: float) -> datetime:
    """Return a time in whole seconds, so that a float holds it exactly."""
    return (datetime.now(UTC) - timedelta(days=days)).replace(microsecond=0)


def post(server: Server, agent_id: str, calls: Calls) -> None:
    """Report calls in one request."""
    batch = [{**event(agent_id), **call} for call in calls]
    answer = server.api.post("events/batch", json={"events": batch})
    assert answer.status_code == 200, answer.text


def judged(server: Server, agent_id: str) -> list[float]:
    """Return the risks after each call of an agent, in the order in which the calls were judged in each session."""
    rows = query(server.dsn, "SELECT timeline FROM agent_sessions WHERE agent_id = $1 ORDER BY number", agent_id)
    return [call[2] for row in rows for call in json.loads(row["timeline"])]


def replayed(folder: Path, calls: Calls, grants: Sequence[str] = ()) -> Mapping[str, float]:
    """Return what `agentsentinel replay` says about these calls of one agent, by their place."""
    events = [
        {
            "id": str(place),
            "agent": "a",
            "agent_type": "llm_agent",
            "tool": call["tool_name"],
            "ts": datetime.fromisoformat(call["timestamp"]).timestamp(),
            "session": call["session_id"],
            "input_hash": call["input_hash"],
        }
        for place, call in enumerate(calls)
    ]
    files = {"history": [], "live": events, "grants": [{"agent": "a", "tool": tool} for tool in grants]}
    for name, lines in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    paths = [folder / f"{name}.jsonl" for name in files]
    replay(paths[0], paths[1], paths[2], folder / "scores.json")
    scores: dict[str, float] = json.loads((folder / "scores.json").read_text())
    return scores


def by_session(calls: Calls, scores: Mapping[str, float]) -> list[float]:
    """Return scores in the order of `judged`, for sessions that do not overlap and each have an id."""
    return [round(scores[str(place)], 6) for place in range(len(calls))]


def anomaly(server: Server, agent_id: str) -> dict[str, Any] | None:
    findings: list[dict[str, Any]] = server.api.get(f"agents/{agent_id}/findings").json()
    return next((one for one in findings if one["rule_id"] == "SESSION_ANOMALY"), None)


def experienced_agent(server: Server) -> tuple[str, int]:
    """Return an agent that has learned a week of work, and how many events it has."""
    agent_id = server.new_agent()
    calls = normal_work(120, days_ago(20), timedelta(hours=2))
    post(server, agent_id, calls)
    post(server, agent_id, session_of(["find_file", "get_file"], days_ago(0.5), "today"))
    wait_until_judged(server, agent_id, len(calls) + 2)
    return agent_id, len(calls) + 2


def wait_until_judged(server: Server, agent_id: str, events: int) -> None:
    """Wait until so many events of an agent are judged, and score it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(judged(server, agent_id)) < events:
        assert time.monotonic() < deadline, "the events were not judged"
        time.sleep(0.05)
    assert server.api.get(f"agents/{agent_id}/score").status_code == 200

"""`agentsentinel replay`: the engine over files says what the platform says of the same events."""

import gzip
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentsentinel.commands.replay import ReplayError, replay
from server.commands.support import REFUSED, assert_one_line
from server.faults.embedded_platform import run_command
from server.support import Server, event

Record = dict[str, object]
HOUR = 3600


def stream(start: float) -> list[Record]:
    """Return 12 hours of one agent that searches and sends, then a burst; times are in seconds since the epoch."""
    calls = [(hour * HOUR + n * 60, tool) for hour in range(12) for n, tool in enumerate(["search", "search", "send"])]
    calls += [(12 * HOUR + n, "search") for n in range(40)]
    calls.append((12 * HOUR + 50, "wipe"))
    return [
        {"id": n, "agent": "mailer", "tool": tool, "session": f"s-{int(at // HOUR)}", "ts": start + at, "label": 0}
        for n, (at, tool) in enumerate(calls)
    ]


def write(path: Path, records: list[Record]) -> Path:
    text = "".join(json.dumps(record) + "\n" for record in records).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


Replay = Callable[..., dict[str, float]]


@pytest.fixture
def replayed(tmp_path: Path) -> Replay:
    """Return a function that replays a history and live events, and returns the scores by id."""

    def run(history: list[Record], live: list[Record], field: str = "anomaly_score") -> dict[str, float]:
        before, after = write(tmp_path / "h.jsonl.gz", history), write(tmp_path / "l.jsonl.gz", live)
        grants = write(tmp_path / "g.jsonl.gz", [])
        assert replay(before, after, grants, tmp_path / "out.json", field) == len(live)
        scores: dict[str, float] = json.loads((tmp_path / "out.json").read_text())
        return scores

    return run


def test_events_sent_to_the_platform_get_the_scores_of_a_replay(server: Server, replayed: Replay) -> None:
    records = stream(time.time() // HOUR * HOUR - 24 * HOUR)
    agent_id = server.new_agent()
    events = [
        event(
            agent_id,
            tool_name=str(one["tool"]),
            session_id=one["session"],
            timestamp=datetime.fromtimestamp(float(str(one["ts"])), UTC).isoformat(),
        )
        for one in records
    ]
    answers = server.api.post("events/batch", json={"events": events}).json()["results"]
    scores = replayed(records[:20], records[20:])
    assert list(scores.values()) == [answer["anomaly_score"] for answer in answers[20:]]
    assert {0.0, 0.5, 0.8, 0.9} == set(scores.values())


@pytest.mark.parametrize("field", ["anomaly_score", "session_risk"])
def test_no_label_changes_a_score(replayed: Replay, field: str) -> None:
    records = stream(1_800_000_000.0)
    attacked = [{**one, "label": 1, "session_label": 1, "attack": "burst"} for one in records]
    assert replayed(records[:20], records[20:], field) == replayed(attacked[:20], attacked[20:], field)


def test_the_risk_of_a_burst_is_above_that_of_the_work_before_it(replayed: Replay) -> None:
    records = stream(1_800_000_000.0)
    risks = list(replayed(records[:20], records[20:], "session_risk").values())
    assert max(risks[:16]) < max(risks[16:])
    assert all(0 <= risk < 1 for risk in risks)


def test_a_tool_that_was_not_granted_is_a_risk_by_itself(tmp_path: Path) -> None:
    records = stream(1_800_000_000.0)
    files = [write(tmp_path / f"{name}.jsonl", one) for name, one in (("h", records[:20]), ("l", records[20:36]))]
    risks = []
    for granted in (["search", "send"], ["search"]):
        grants = write(tmp_path / "g.jsonl", [{"agent": "mailer", "tool": tool} for tool in granted])
        replay(files[0], files[1], grants, tmp_path / "out.json")
        risks.append(max(json.loads((tmp_path / "out.json").read_text()).values()))
    assert risks[0] < 0.9 < risks[1]


def test_constants_of_session_risk_may_come_from_a_file(tmp_path: Path) -> None:
    records = stream(1_800_000_000.0)
    files = [
        write(tmp_path / f"{name}.jsonl", one) for name, one in (("h", records[:20]), ("l", records[20:]), ("g", []))
    ]
    constants = tmp_path / "constants.json"
    constants.write_text('{"mechanisms": [], "grant_hazard": 1, "alert_risk": 0.5}')
    replay(files[0], files[1], files[2], tmp_path / "out.json", constants=constants)
    assert set(json.loads((tmp_path / "out.json").read_text()).values()) == {0.0}
    constants.write_text("{}")
    with pytest.raises(ReplayError, match=r"constants\.json: not constants of session risk"):
        replay(files[0], files[1], files[2], tmp_path / "out.json", constants=constants)


@pytest.mark.parametrize("line", ["{", '{"agent": "a"}', '{"id": 1, "agent": 2, "tool": "t", "ts": 1}', "[]"])
def test_a_line_that_is_not_an_event_is_named(tmp_path: Path, line: str) -> None:
    history, live = write(tmp_path / "h.jsonl", stream(0.0)[:1]), tmp_path / "l.jsonl"
    live.write_text(f"\n{line}\n")
    with pytest.raises(ReplayError, match=r"l\.jsonl, line 2: "):
        replay(history, live, write(tmp_path / "g.jsonl", []), tmp_path / "out.json", "anomaly_score")


def test_the_command_writes_a_score_for_each_live_event(tmp_path: Path) -> None:
    records = stream(1_800_000_000.0)
    files = {"--history": records[:20], "--live": records[20:], "--grants": []}
    arguments = [part for name, one in files.items() for part in (name, str(write(tmp_path / f"{name[2:]}.gz", one)))]
    done = run_command("replay", *arguments, "--out", str(tmp_path / "scores.json"))
    assert done.returncode == 0, done.stderr
    assert sorted(map(int, json.loads((tmp_path / "scores.json").read_text()))) == list(range(20, len(records)))


def test_a_missing_file_is_named_in_one_line(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.jsonl")
    refused = run_command("replay", "--history", missing, "--live", missing, "--grants", missing, "--out", missing)
    assert_one_line(refused, REFUSED, "missing.jsonl", "No such file")

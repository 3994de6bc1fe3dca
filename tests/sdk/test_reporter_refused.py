"""A key or an agent that the server does not accept: one line says what to do, and neither side is bothered."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from agentsentinel_sdk import Monitor, Reporter, ScoreUnavailable, SentinelMiddleware, Tool
from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS

ABSENT_AGENT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))
    monkeypatch.setattr("agentsentinel_sdk._worker.LINGER_SECONDS", 0.01)


def report(reporter: Reporter, count: int = 1) -> None:
    calls = reporter.recorder()
    for number in range(count):
        calls.start(number, "t", {"number": number})
        calls.end(number, "done")


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def unknown(sentinel: FakeSentinel) -> Reporter:
    """Return a key that the server has never issued, or has revoked."""
    reporter = sentinel.reporter(spool="")
    sentinel.api_key = "as_adm_" + "f" * 64
    return reporter


def revoked_in_the_middle(sentinel: FakeSentinel) -> Reporter:
    reporter = sentinel.reporter(spool="")
    report(reporter)
    assert reporter.flush()
    sentinel.api_key = "as_adm_" + "f" * 64
    return reporter


def of_another_agent(sentinel: FakeSentinel) -> Reporter:
    with sentinel.client() as client:
        sentinel.bound_agent_id = client.register_agent("bound").id
    return sentinel.reporter(agent_id=ABSENT_AGENT, spool="")


def forbidden(sentinel: FakeSentinel) -> Reporter:
    sentinel.answer_next(403, times=10**6)
    return sentinel.reporter(spool="")


def unacceptable_description(sentinel: FakeSentinel) -> Reporter:
    sentinel.answer_next(
        200, {"id": "1", "name": "n", "scope": "admin", "agent_id": None, "key_prefix": "as_adm_00000"}
    )
    sentinel.answer_next(422, times=10**6)
    return sentinel.reporter(description="x" * 5000, spool="")


Refused = Callable[[FakeSentinel], Reporter]

REFUSALS: dict[Refused, str] = {
    unknown: "agentsentinel keys create",
    revoked_in_the_middle: "agentsentinel keys create",
    of_another_agent: "this agent's own key",
    forbidden: "this agent's own key",
    unacceptable_description: "Correct what the agent says about itself",
}


@pytest.mark.parametrize("refused", REFUSALS)
def test_a_refusal_is_one_line_that_says_what_to_do_and_is_not_repeated_within_a_minute(
    refused: Refused, caplog: pytest.LogCaptureFixture
) -> None:
    sentinel = FakeSentinel()
    with refused(sentinel) as reporter:
        report(reporter)
        eventually(lambda: reporter._worker.is_refused)
        asked = len(sentinel.requests)
        for _ in range(3):
            report(reporter, 5)
            assert not reporter.flush(30), "it must not wait either: thirty seconds would be the end of this test"
            with pytest.raises(ScoreUnavailable, match=r"\[4\d\d\]"):
                reporter.require_score(30)
            assert reporter.score(30) is None
        assert reporter._worker._due_at() > reporter._worker._clock() + 30
        assert len(sentinel.requests) == asked
        eventually(lambda: reporter.stats.spooled == 16)
    said = [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "Trust Score" not in record.getMessage()
    ]
    assert len(said) == 1
    assert REFUSALS[refused] in said[0]


def test_what_was_kept_is_sent_once_the_key_is_accepted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_sdk._worker.REFUSED_SECONDS", 0.2)
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        sentinel.answer_next(401, times=3)
        report(reporter, 5)
        eventually(lambda: reporter.stats.delivered == 5)
        assert not reporter._worker.is_refused
        assert reporter.stats.problem is None
        assert reporter.score() is not None
    assert len(sentinel.events) == 5


def test_a_monitors_score_is_an_error_of_the_sdk_and_its_printed_score_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentinel = FakeSentinel()
    monitor = Monitor(reporter=unknown(sentinel))
    with pytest.raises(ScoreUnavailable, match="unknown API key"):
        monitor.get_trust_score()
    monitor.print_trust_score()
    monitor.close()
    assert capsys.readouterr().out == "[sentinel] Trust Score : not available (unknown API key [401])\n"
    assert len(sentinel.requests) == 1


def test_a_score_of_an_agent_that_was_never_scored_is_an_error_of_the_sdk_too() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id()
        monitor = Monitor(reporter=reporter)
        empty = {"trust_score": None, "posture_score": None, "behavior_score": None}
        sentinel.answer_next(200, {**empty, "recency_bonus": 0, "status": "WATCH", "findings_count": 0})
        with pytest.raises(ScoreUnavailable, match="has not been scored yet"):
            monitor.get_trust_score()
        assert monitor.get_trust_score()["trust_score"] > 0


def test_the_middleware_says_what_to_do_and_asks_once(caplog: pytest.LogCaptureFixture) -> None:
    sentinel = FakeSentinel()
    client = sentinel.client()
    sentinel.api_key = "as_adm_" + "f" * 64
    call = SimpleNamespace(type="tool_use", name="t", input={}, id="1")
    replies = [SimpleNamespace(content=[call], stop_reason="tool_use")] * 3
    last = SimpleNamespace(content=[], stop_reason="end_turn")
    model = SimpleNamespace(messages=SimpleNamespace(create=lambda **_: replies.pop() if replies else last))
    loop = SentinelMiddleware(model, client, ABSENT_AGENT, "s", [Tool(lambda: "done", "", {})])  # a lambda's own name
    loop.run("go")
    assert (loop.unreported, len(sentinel.requests)) == (3, 1)
    assert [r.getMessage().rpartition(". ")[2][:26] for r in caplog.records if r.levelno >= logging.WARNING] == [
        "Set AGENTSENTINEL_API_KEY "
    ]

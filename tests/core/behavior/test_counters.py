"""The counters, held against a list of raw calls."""

import math
import statistics
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_core.behavior.baseline import Baseline
from agentsentinel_core.behavior.counters import AgentCounters, ToolCounters
from agentsentinel_core.behavior.detector import CallFeatures, Detector, Signal
from agentsentinel_core.behavior.registry import DETECTORS
from reference import HOUR, RawEvent, judge_all

START = 1_800_000_000.0  # on the hour


def score(usage: AgentCounters, at: float, session: str | None = "s", tool: str = "search") -> float:
    return usage.observe(tool, START + at, session, DETECTORS)[0].anomaly_score


def test_a_first_run_scores_nine_then_seven_and_the_second_run_scores_nothing() -> None:
    usage = AgentCounters()
    assert [score(usage, n, "run-1") for n in range(6)] == [0.9] + [0.7] * 5
    assert [score(usage, 10 + n, "run-2") for n in range(6)] == [0.0] * 6


def test_without_session_ids_a_run_is_over_after_five_quiet_minutes() -> None:
    usage = AgentCounters()
    assert [score(usage, at, None) for at in (0, 299, 599)] == [0.9, 0.7, 0.0]


def test_a_running_burst_does_not_teach_its_own_baseline() -> None:
    usage = AgentCounters()
    for hour in range(4):
        for n in range(10):
            score(usage, hour * HOUR + n)
    burst = [score(usage, 4 * HOUR + n / 10) for n in range(1000)]
    assert burst[-1] == 0.8
    assert score(usage, 4 * HOUR + 3000) == 0.8


def baseline_of(usage: AgentCounters, hour: int) -> Baseline:
    baseline = usage.tools["search"].baseline(int(START // HOUR) + hour)
    assert baseline is not None
    return baseline


def test_a_burst_teaches_at_most_the_limit_it_broke() -> None:
    usage = AgentCounters()
    for hour in range(4):
        for n in range(10):
            score(usage, hour * HOUR + n)
    limit = baseline_of(usage, 4).limit(3.0)
    for n in range(1000):
        score(usage, 4 * HOUR + n)
    assert usage.tools["search"].hour_learned[int(START // HOUR) + 4] == math.floor(limit)
    assert baseline_of(usage, 5).limit(3.0) < 60


def test_a_burst_in_every_hour_of_a_day_does_not_become_normal() -> None:
    usage = AgentCounters()
    for hour in range(100):
        for n in range(10):
            score(usage, hour * HOUR + n)
    for hour in range(100, 124):
        assert max(score(usage, hour * HOUR + n) for n in range(500)) == 0.8


def test_a_thousand_slowly_drifting_sessions_do_not_hide_a_later_burst() -> None:
    usage = AgentCounters()
    for session in range(1000):
        for n in range(5 + session // 100):
            score(usage, session * HOUR + n, f"s-{session}")
    assert max(score(usage, 1000 * HOUR + n, "burst") for n in range(60)) == 0.8


def test_uneven_work_goes_quiet_since_its_spread_is_not_cut_off() -> None:
    usage, chance = AgentCounters(), Random(7)
    hours = [1 + int(chance.expovariate(1 / 12)) for _ in range(400)]
    flagged = [score(usage, hour * HOUR + n) >= 0.5 for hour, calls in enumerate(hours) for n in range(calls)]
    settled = flagged[len(flagged) // 2 :]
    assert sum(settled) / len(settled) <= 0.05
    calls = list(usage.tools["search"].hour_calls.values())
    assert baseline_of(usage, 400).stddev > 0.8 * statistics.pstdev(calls)


def test_calls_older_than_an_hour_are_not_counted_among_the_last_hour() -> None:
    usage, calls = ToolCounters(), []
    for minute in (0, 30, 59, 60, 90, 200):
        at = START + minute * 60
        calls.append(usage.advance(at, "s", at).calls_last_hour)
    assert calls == [1, 2, 3, 3, 3, 1]


def test_a_call_a_little_late_is_counted_with_the_hour_before_it() -> None:
    usage, calls = ToolCounters(), []
    for minute, newest in ((9, 9), (10, 10), (100, 100), (69, 100)):
        calls.append(usage.advance(START + minute * 60, "s", START + newest * 60).calls_last_hour)
    assert calls == [1, 2, 1, 2]


raw_events = st.lists(
    st.builds(
        RawEvent,
        tool=st.sampled_from(["search", "send"]),
        at=st.one_of(
            st.integers(0, 130).map(lambda minutes: minutes * 60),
            st.integers(0, 3 * 3600),
            st.integers(0, 3 * 86400),
            st.integers(0, 16 * 86400),
        ).map(lambda seconds: START + seconds / 1.0),
        session=st.sampled_from([None, "a", "b"]),
        received_at=st.just(0.0),
    ),
    max_size=60,
)
bursts = st.builds(
    lambda hours, size, session: [
        RawEvent("search", START + hour * HOUR + n, session, 0.0) for hour in hours for n in range(size)
    ],
    st.lists(st.integers(0, 200), min_size=1, max_size=6, unique=True).map(sorted),
    st.integers(1, 40),
    st.sampled_from([None, "a"]),
)


class Recorder(Detector):
    """Sees what the detectors see."""

    id = "RECORDER"

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def observe(self, tool_name: str, features: CallFeatures) -> Signal | None:
        self.seen.append((features.calls_last_hour, features.baseline.sample_count if features.baseline else 0))
        return None


@settings(max_examples=300, deadline=None)
@given(st.one_of(raw_events, st.tuples(bursts, raw_events).map(lambda pair: pair[0] + pair[1])))
def test_counters_say_what_a_recount_of_all_calls_says(events: list[RawEvent]) -> None:
    usage, recorder = AgentCounters(), Recorder()
    detectors = (*DETECTORS, recorder)
    scores = [usage.observe(e.tool, e.at, e.session, detectors)[0].anomaly_score for e in events]
    verdicts = judge_all(events)
    assert recorder.seen == [(verdict.calls, verdict.samples) for verdict in verdicts]
    assert scores == [verdict.score for verdict in verdicts]


@settings(max_examples=200, deadline=None)
@given(st.one_of(raw_events, st.tuples(bursts, raw_events).map(lambda pair: pair[0] + pair[1])), st.randoms())
def test_calls_that_were_assessed_elsewhere_count_as_if_they_had_been_assessed_here(events, chance) -> None:
    here, folded, recorders = AgentCounters(), AgentCounters(), (Recorder(), Recorder())
    for tool in {event.tool for event in events}:
        folded.tools[tool] = ToolCounters()
    for e in events:
        assessment, _ = here.observe(e.tool, e.at, e.session, (*DETECTORS, recorders[0]))
        if chance.random() < 0.5:
            folded.fold(e.tool, e.at, e.session, is_learned=assessment.is_learned)
            recorders[0].seen.pop()
        else:
            same, _ = folded.observe(e.tool, e.at, e.session, (*DETECTORS, recorders[1]))
            assert same == assessment
    assert recorders[0].seen == recorders[1].seen
    assert folded.newest_at == here.newest_at


def test_a_call_of_a_tool_without_counters_moves_only_the_time() -> None:
    usage = AgentCounters()
    usage.fold("search", START, None, is_learned=True)
    assert (usage.newest_at, usage.tools) == (START, {})


@settings(max_examples=100, deadline=None)
@given(raw_events)
def test_scores_stay_in_range(events: list[RawEvent]) -> None:
    usage = AgentCounters()
    for event in events:
        assessment, _ = usage.observe(event.tool, event.at, event.session, DETECTORS)
        assert 0.0 <= assessment.anomaly_score <= 1.0
        assert all(0.0 <= signal.score <= assessment.anomaly_score for signal in assessment.signals)

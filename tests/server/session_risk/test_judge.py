"""The platform judges sessions as the replay does: in any batching, over restarts, and with several servers."""

from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.kit.database import Database
from agentsentinel.session_risk.judge import MOST_EVENTS, MOST_LEARNED_BYTES, SessionJudge
from agentsentinel_core.behavior.sessions.state import unpack_agent
from server.session_risk.support import (
    STRANGE,
    Calls,
    by_session,
    days_ago,
    judged,
    normal_work,
    post,
    replayed,
    session_of,
    wait_until_judged,
)
from server.support import Server, new_database, query, running

GRANTED = ["find_file", "get_file", "send_email", "get_calendar"]


def week(seed: int) -> Calls:
    """Return a stream of less than a week, in which nothing is learned and agents so do not depend on each other."""
    calls = normal_work(60, days_ago(5), timedelta(hours=1), seed)
    calls += session_of(STRANGE, days_ago(2), "strange", gap=0.25)
    return calls + normal_work(5, days_ago(1), timedelta(hours=1), seed + 1)


def test_the_same_stream_gives_the_same_numbers_as_a_replay(postgres_dsn: str, tmp_path: Path) -> None:
    calls = normal_work(150, days_ago(20), timedelta(hours=2))
    calls += session_of(STRANGE, days_ago(3), "strange", gap=0.25)
    calls += normal_work(10, days_ago(1), timedelta(hours=2), seed=2)
    scores = replayed(tmp_path, calls, GRANTED)
    with running(new_database(postgres_dsn), tmp_path) as server:  # the agents of a server teach each other
        agent_id = server.new_agent()
        for tool in GRANTED:
            assert server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool}).status_code == 201
        post(server, agent_id, calls)
        wait_until_judged(server, agent_id, len(calls))
        assert judged(server, agent_id) == by_session(calls, scores)
        (state,) = query(server.dsn, "SELECT learned_sessions FROM session_states WHERE agent_id = $1", agent_id)
        assert state["learned_sessions"] > 100


@pytest.mark.parametrize("seed", range(3))
def test_any_batching_of_a_stream_gives_the_same_risks(alone: Server, tmp_path: Path, seed: int) -> None:
    calls, chance = week(seed), Random(seed)
    expected = by_session(calls, replayed(tmp_path, calls))
    for size in (len(calls), 40, 7):
        agent_id, start = alone.new_agent(), 0
        while start < len(calls):
            end = start + chance.randint(1, size)
            post(alone, agent_id, calls[start:end])
            start = end
        wait_until_judged(alone, agent_id, len(calls))
        assert judged(alone, agent_id) == expected, size


def test_a_server_that_is_killed_and_restarted_in_the_middle_judges_on(postgres_dsn: str, tmp_path: Path) -> None:
    dsn, calls = new_database(postgres_dsn), week(4)
    with running(dsn, tmp_path) as first:
        key, agent_id = first.admin_key, first.new_agent()
        post(first, agent_id, calls[:50])
        wait_until_judged(first, agent_id, 50)
        post(first, agent_id, calls[50:70])
        first.process.kill()
    with running(dsn, tmp_path) as second:
        second.admin_key = key
        post(second, agent_id, calls[70:])
        wait_until_judged(second, agent_id, len(calls))
        assert judged(second, agent_id) == by_session(calls, replayed(tmp_path, calls))


def test_two_servers_that_take_turns_judge_as_one(postgres_dsn: str, tmp_path: Path) -> None:
    dsn, calls = new_database(postgres_dsn), week(5)
    with running(dsn, tmp_path) as first, running(dsn, tmp_path) as second:
        second.admin_key = first.admin_key
        agent_id = first.new_agent()
        for start in range(0, len(calls), 9):
            post((first, second)[start // 9 % 2], agent_id, calls[start : start + 9])
        wait_until_judged(first, agent_id, len(calls))
        wait_until_judged(second, agent_id, len(calls))
        assert sorted(judged(first, agent_id)) == sorted(by_session(calls, replayed(tmp_path, calls)))


def test_an_event_is_judged_once_however_late_it_comes(alone: Server) -> None:
    agent_id = alone.new_agent()
    post(alone, agent_id, session_of(["find_file"], days_ago(0.1), "now"))
    wait_until_judged(alone, agent_id, 1)
    post(alone, agent_id, session_of(["get_file", "send_email"], days_ago(0.9), "late"))
    wait_until_judged(alone, agent_id, 3)
    assert len(judged(alone, agent_id)) == 3
    alone.report(agent_id)
    wait_until_judged(alone, agent_id, 4)
    assert len(judged(alone, agent_id)) == 4


def test_events_from_before_the_platform_judged_sessions_are_not_judged(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = new_database(postgres_dsn)
    with running(dsn, tmp_path) as first:
        agent_id, key = first.new_agent(), first.admin_key
        post(first, agent_id, session_of(["find_file", "get_file"], days_ago(0.2), "before"))
        wait_until_judged(first, agent_id, 2)
    query(dsn, "DELETE FROM agent_sessions")
    query(dsn, "DELETE FROM session_states")
    query(dsn, "UPDATE server_facts SET value = pg_current_snapshot()::text WHERE name = 'session_risk_since'")
    with running(dsn, tmp_path) as second:
        second.admin_key = key
        post(second, agent_id, session_of(["send_email"], days_ago(0.1), "after"))
        wait_until_judged(second, agent_id, 1)
        assert len(judged(second, agent_id)) == 1


@pytest.mark.parametrize("events", [MOST_EVENTS - 1, MOST_EVENTS, MOST_EVENTS + 1, 2 * MOST_EVENTS])
def test_more_events_than_one_pass_judges_are_judged_in_several(alone: Server, events: int) -> None:
    agent_id = alone.new_agent()
    start = days_ago(0.2)
    for first in range(0, events, 500):
        post(alone, agent_id, session_of(["get_file"] * min(500, events - first), start, "long", gap=0.01))
    wait_until_judged(alone, agent_id, events)
    alone.report(agent_id)
    wait_until_judged(alone, agent_id, events + 1)
    assert len(judged(alone, agent_id)) == events + 1


@given(
    sizes=st.lists(st.integers(0, 2 * MOST_LEARNED_BYTES // 5), max_size=12),
    in_use=st.sets(st.integers(0, 11)),
)
def test_agents_that_were_judged_longest_ago_are_evicted_until_the_others_fit_in_memory(
    sizes: list[int], in_use: set[int]
) -> None:
    judge = SessionJudge(Database("postgresql+asyncpg://nowhere/x"), 10)
    agents = [UUID(int=number) for number in range(len(sizes))]
    for agent_id, size in zip(agents, sizes, strict=True):
        judge._versions[agent_id], judge._learned_bytes[agent_id] = 1, size
        judge._engine.agents[str(agent_id)] = unpack_agent("llm_agent", None, None)
    kept_anyway = {agents[number] for number in in_use if number < len(agents)}
    judge._evict_old(kept_anyway)
    left = list(judge._versions)
    assert kept_anyway <= set(left)
    assert set(judge._learned_bytes) == set(left) == {UUID(key) for key in judge._engine.agents}
    free = [one for one in left if one not in kept_anyway]
    assert free == [one for one in agents if one not in kept_anyway][len(agents) - len(kept_anyway) - len(free) :]
    assert sum(judge._learned_bytes.values()) <= MOST_LEARNED_BYTES or not free
    evicted = [one for one in agents if one not in left]
    if evicted:  # and not more than needed
        assert sum(judge._learned_bytes.values()) + sizes[agents.index(evicted[-1])] > MOST_LEARNED_BYTES


@pytest.mark.parametrize(("minutes", "minute"), [(2, 0), (2, 1), (3, 1), (60, 59)])
def test_a_pass_that_ends_between_minutes_leaves_no_event_unjudged(alone: Server, minutes: int, minute: int) -> None:
    agent_id, begin = alone.new_agent(), days_ago(0.2).replace(second=0)
    alone.report(agent_id)
    wait_until_judged(alone, agent_id, 1)  # the next pass begins a moment later, when all of these are stored
    post(alone, agent_id, session_of(["get_file"] * MOST_EVENTS, begin, "long", gap=minutes * 60 / MOST_EVENTS))
    post(alone, agent_id, session_of(["get_file"] * 10, begin + timedelta(minutes=minute), "one minute", gap=1))
    wait_until_judged(alone, agent_id, MOST_EVENTS + 11)
    assert len(judged(alone, agent_id)) == MOST_EVENTS + 11

"""One call, one event: whichever channels tell of a call, in whatever order, it counts once."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel.composition import Platform, build_platform
from agentsentinel.config import Settings, async_database_url
from agentsentinel.errors import Unavailable
from agentsentinel.ingest.deduplication import MATCH_SECONDS
from agentsentinel.ingest.event import Channel, EventReport, Stored
from agentsentinel.kit.ids import uuid7
from forms import IS_LONG
from server.support import HASH, Server, event, insert_agent, new_database, query, running

WARM = 99
"""A call that is reported beforehand, so that the agent is tracked."""
BASE = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
"""When the first of the calls without an id began; they are ten seconds apart."""
STORED = f"""
SELECT coalesce(tool_call_id::int, floor(extract(epoch FROM timestamp - '{BASE.isoformat()}') / 10)::int) AS call,
       count(*) AS n
FROM agent_events WHERE agent_id = $1 AND tool_call_id IS DISTINCT FROM '99' GROUP BY 1
"""
IDS = "SELECT id FROM agent_events WHERE agent_id = $1 AND tool_call_id IS DISTINCT FROM '99'"
COUNTED = """
SELECT total_calls, (SELECT count(*) FROM agent_events e WHERE e.agent_id = u.agent_id) AS n
FROM tool_usage u WHERE agent_id = $1
"""
CHANNELS: tuple[Channel, ...] = ("api", "sdk", "shim", "otlp")
INSETS = dict(zip(("sdk", "otlp", "shim", "api"), (0, 10, 25, 70), strict=True))
"""Milliseconds by which a channel sees a call begin later and end earlier than the adapter around all of them."""


class Report(NamedTuple):
    """One report as the tests draw it."""

    channel: Channel
    call: int
    """Which call id."""
    has_event_id: bool
    process: int
    """Which of two processes it goes to."""


reports = st.builds(Report, st.sampled_from(CHANNELS), st.integers(0, 2), st.booleans(), st.integers(0, 1))
rounds = st.lists(st.lists(reports, min_size=1, max_size=6), min_size=1, max_size=6)
"""Reports of a round are sent at once, some in one request."""
forgetful = st.sets(st.integers(0, 5), max_size=3)
"""After these rounds, both processes forget what they know."""


@pytest.fixture(scope="module")
def dsn(postgres_dsn: str) -> str:
    """Make a database with the newest schema."""
    return new_database(postgres_dsn)


def expected(told: Sequence[Report]) -> dict[int, int]:
    """Count the attempts of each call in the simple way.

    Every channel reports each attempt that it knows, so there were as many as the best informed channel reported.
    """
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for one in told:
        counts[one.call][one.channel] += 1
    return {call: max(by_channel.values()) for call, by_channel in counts.items()}


@settings(max_examples=25 if IS_LONG else 12, deadline=None)
@given(rounds, forgetful)
def test_however_the_reports_of_attempts_interleave_each_attempt_is_one_event(
    dsn: str, told: list[list[Report]], forget_after: set[int]
) -> None:
    check(dsn, [[one._replace(process=0) for one in part] for part in told], forget_after, is_followed=False)


@settings(max_examples=25 if IS_LONG else 12, deadline=None)
@given(rounds, forgetful)
def test_two_processes_know_each_others_calls(dsn: str, told: list[list[Report]], forget_after: set[int]) -> None:
    check(dsn, told, forget_after, is_followed=True)


@settings(max_examples=25 if IS_LONG else 12, deadline=None)
@given(rounds, forgetful)
def test_calls_without_an_id_are_the_same_by_input_and_time(
    dsn: str, told: list[list[Report]], forget_after: set[int]
) -> None:
    check(dsn, told, forget_after, is_followed=True, as_event=timed)


def check(
    dsn: str,
    told: list[list[Report]],
    forget_after: set[int],
    *,
    is_followed: bool,
    as_event: Callable[[Report, UUID], EventReport] | None = None,
) -> None:
    """Replay the reports, then compare what is stored, counted and answered with the reference implementation."""
    agent_id = insert_agent(dsn)
    answers = asyncio.run(replay(dsn, agent_id, told, forget_after, is_followed=is_followed, as_event=as_event or wire))
    flat = [one for part in told for one in part]
    found = {row["call"]: row["n"] for row in query(dsn, STORED, agent_id)}
    assert found == expected(flat)
    assert len(answers) == len(flat)
    assert sum(not answer.duplicate for answer in answers) == sum(found.values())
    assert {answer.event_id for answer in answers} == {row["id"] for row in query(dsn, IDS, agent_id)}
    (counted,) = query(dsn, COUNTED, agent_id)
    assert counted["total_calls"] == counted["n"] == sum(found.values()) + is_followed


async def replay(
    dsn: str,
    agent_id: UUID,
    told: list[list[Report]],
    forget_after: set[int],
    *,
    is_followed: bool,
    as_event: Callable[[Report, UUID], EventReport],
) -> list[Stored]:
    """Send all of it, and each round once more where it has event ids: nothing comes of that."""
    platforms = [build_platform(Settings(), async_database_url(dsn), b"x" * 32) for _ in range(2)]
    loops = [asyncio.create_task(platform.pipeline.run()) for platform in platforms]
    answers: list[Stored] = []
    try:
        if is_followed:
            for channel in ("sdk", "otlp"):
                await store(platforms[0], [wire(Report(channel, WARM, True, 0), agent_id)])
        for number, part in enumerate(told):
            made = [(platforms[one.process], as_event(one, agent_id)) for one in part]
            for results in await asyncio.gather(*(store(platform, [report]) for platform, report in made)):
                answers += results
            if number in forget_after:
                for platform in platforms:
                    platform.pipeline.forget_agents({agent_id})
            again = await store(platforms[number % 2], [report for _, report in made if report.event_id is not None])
            assert all(answer.duplicate for answer in again)
    finally:
        for platform in platforms:
            platform.pipeline.close()
        await asyncio.gather(*loops)
        for platform in platforms:
            await platform.counters.settle()
            platform.counters.close()
            await platform.database.close()
    return answers


async def store(platform: Platform, batch: list[EventReport]) -> list[Stored]:
    """Store a batch as a client does: it retries once when the answer asks for it."""
    for _ in range(20):
        try:
            results = await platform.pipeline.store(batch) if batch else []
        except Unavailable:
            continue
        assert all(isinstance(result, Stored) for result in results)
        return results  # type: ignore[return-value]
    raise AssertionError("never stored")


def wire(one: Report, agent_id: UUID, **fields: Any) -> EventReport:
    event_id = uuid7(datetime.now(UTC).timestamp()) if one.has_event_id else None
    return EventReport(
        agent_id, "search", HASH, HASH, tool_call_id=str(one.call), channel=one.channel, event_id=event_id, **fields
    )


def timed(one: Report, agent_id: UUID) -> EventReport:
    """Return a report without ids, of a call of one second that each channel sees a little shorter."""
    inset = INSETS[one.channel]
    began = BASE + timedelta(seconds=10 * one.call, milliseconds=inset)
    event_id = uuid7(datetime.now(UTC).timestamp()) if one.has_event_id else None
    return EventReport(
        agent_id,
        "search",
        HASH,
        HASH,
        channel=one.channel,
        event_id=event_id,
        timestamp=began,
        duration_ms=1000 - 2 * inset,
    )


# --- through the API ------------------------------------------------------------------------------------------------

TRACE, SPAN = "ab" * 16, "cd" * 8


def post(server: Server, agent_id: str, channel: str, **fields: Any) -> dict[str, Any]:
    """Report one call by a channel."""
    return server.report(agent_id, channel=channel, event_id=str(uuid7(datetime.now(UTC).timestamp())), **fields)


def events_of(server: Server, agent_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = server.api.get("events", params={"agent_id": agent_id}).json()
    return events


def test_a_repeat_is_answered_like_the_first_and_changes_no_counter_score_or_finding(server: Server) -> None:
    agent_id = server.new_agent(description="Searches")
    first = post(server, agent_id, "sdk", tool_call_id="call_1")
    server.wait_for_score(agent_id, events=1)
    before = server.api.get(f"agents/{agent_id}/findings").json()
    again = post(server, agent_id, "otlp", tool_call_id="call_1", trace_id=TRACE, span_id=SPAN, status="error")
    by_shim = post(server, agent_id, "shim", tool_call_id="call_1")
    assert again == by_shim == first
    assert [event["channel"] for event in events_of(server, agent_id)] == ["sdk"]
    post(server, agent_id, "sdk", tool_call_id="call_2")
    server.wait_for_score(agent_id, events=2)
    assert [(one["rule_id"], one["occurrences"]) for one in server.api.get(f"agents/{agent_id}/findings").json()] == [
        (one["rule_id"], one["occurrences"]) for one in before
    ]
    assert query(server.dsn, "SELECT events FROM agent_activity WHERE agent_id = $1", agent_id) == [{"events": 2}]


def test_a_batch_says_which_of_its_events_are_repeats(server: Server) -> None:
    agent_id = server.new_agent()
    events = [event(agent_id, channel=channel, tool_call_id="c") for channel in ("otlp", "sdk", "sdk", "otlp", "shim")]
    results = server.api.post("events/batch", json={"events": events}).json()["results"]
    assert [result["duplicate"] for result in results] == [False, True, False, True, True]
    assert results[0]["event_id"] == results[1]["event_id"] == results[4]["event_id"]
    assert results[2]["event_id"] == results[3]["event_id"]


def test_calls_are_the_same_by_their_span_where_the_call_has_no_id(server: Server) -> None:
    agent_id = server.new_agent()
    post(server, agent_id, "sdk", trace_id=TRACE, span_id=SPAN)
    post(server, agent_id, "otlp", trace_id=TRACE, span_id=SPAN, tool_call_id="call_1")
    post(server, agent_id, "shim", tool_call_id="call_1")
    assert len(events_of(server, agent_id)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tool_call_id": "call_2"},
        {"tool_name": "other_tool", "tool_call_id": "call_1"},
        {"trace_id": TRACE, "span_id": SPAN},
        {"trace_id": TRACE, "tool_call_id": "call_3"},
        {},
    ],
)
def test_what_is_not_named_alike_is_another_call(server: Server, other: dict[str, Any]) -> None:
    agent_id = server.new_agent()
    post(server, agent_id, "sdk", tool_call_id="call_1")
    post(server, agent_id, "otlp", **other)
    assert len(events_of(server, agent_id)) == 2


def at(seconds: float, milliseconds: int, **fields: Any) -> dict[str, Any]:
    """Return the members of a call that began `seconds` after `BASE`."""
    return {
        "timestamp": (BASE + timedelta(seconds=seconds)).isoformat(),
        "duration_ms": milliseconds,
        "input_hash": HASH,
        **fields,
    }


@pytest.mark.parametrize(
    ("by_adapter", "by_shim"),
    [
        (at(0, 1000), at(0.2, 500)),
        (at(0, 1000, tool_call_id="call_1"), at(0.2, 500, tool_call_id="7")),
        (at(0.2, 500), at(0, 1000)),
        (at(0, 3), at(0, 3)),
        (at(0, 3), at(-0.002, 5)),
        (at(0, 7_200_000), at(1, 7_190_000)),
    ],
)
def test_a_call_within_anothers_interval_with_the_same_input_is_the_same(
    server: Server, by_adapter: dict[str, Any], by_shim: dict[str, Any]
) -> None:
    agent_id = server.new_agent()
    post(server, agent_id, "sdk", **by_adapter)
    post(server, agent_id, "shim", **by_shim)
    assert len(events_of(server, agent_id)) == 1


@pytest.mark.parametrize(
    ("channel", "other"),
    [
        ("shim", at(0.5, 1000)),
        ("shim", at(2, 500)),
        ("shim", at(0.2, 500, input_hash="1" * 64)),
        ("shim", at(0.2, 500, tool_name="other_tool")),
        ("sdk", at(0.2, 500)),
        ("otlp", at(0.2, 500, tool_call_id="call_2")),
    ],
)
def test_a_call_is_another_one_if_it_reaches_beyond_has_another_input_or_a_model_id_of_its_own(
    server: Server, channel: str, other: dict[str, Any]
) -> None:
    agent_id = server.new_agent()
    post(server, agent_id, "sdk", **at(0, 1000, tool_call_id="call_1"))
    post(server, agent_id, channel, **other)
    assert len(events_of(server, agent_id)) == 2


def test_another_agents_call_of_the_same_id_is_another_call(server: Server) -> None:
    agents = [server.new_agent(), server.new_agent()]
    for agent_id, channels in zip(agents, (("sdk", "otlp"), ("otlp", "sdk")), strict=True):
        for channel in channels:
            post(server, agent_id, channel, tool_call_id="call_1")
    assert [len(events_of(server, agent_id)) for agent_id in agents] == [1, 1]


def test_a_call_id_that_comes_again_much_later_is_another_call(server: Server) -> None:
    agent_id = server.new_agent()
    now = datetime.now(UTC)
    post(server, agent_id, "sdk", tool_call_id="call_1", timestamp=(now - timedelta(hours=3)).isoformat())
    late = now - timedelta(hours=3) + timedelta(seconds=MATCH_SECONDS + 60)
    post(server, agent_id, "otlp", tool_call_id="call_1", timestamp=late.isoformat())
    assert len(events_of(server, agent_id)) == 2


def test_what_was_spooled_for_a_day_is_still_known_for_a_repeat(server: Server) -> None:
    agent_id = server.new_agent()
    yesterday = (datetime.now(UTC) - timedelta(hours=23)).isoformat()
    post(server, agent_id, "otlp", tool_call_id="call_1", timestamp=yesterday)
    for number in range(3):
        post(server, agent_id, "otlp", tool_call_id=f"other_{number}")
    post(server, agent_id, "sdk", tool_call_id="call_1", timestamp=yesterday)
    assert len(events_of(server, agent_id)) == 4


def test_a_restart_forgets_no_call(postgres_dsn: str, folder: Path) -> None:
    dsn = new_database(postgres_dsn)
    ids = [f"call_{number}" for number in range(20)]
    repeats = [str(uuid7(datetime.now(UTC).timestamp())) for _ in ids]
    with running(dsn, folder) as first:
        key = first.admin_key
        agent_id = first.new_agent()
        for call_id in ids:
            post(first, agent_id, "sdk", tool_call_id=call_id)
        for call_id, repeat in zip(ids[:10], repeats, strict=False):
            first.report(agent_id, channel="otlp", tool_call_id=call_id, event_id=repeat)
    with running(dsn, folder) as second:
        second.admin_key = key
        for call_id, repeat in zip(ids, repeats, strict=True):
            answer = second.report(agent_id, channel="otlp", tool_call_id=call_id, event_id=repeat)
            assert answer["event_id"] != repeat
        assert len(events_of(second, agent_id)) == 20
        post(second, agent_id, "sdk", tool_call_id="call_0")
        assert len(events_of(second, agent_id)) == 21


def test_an_agent_of_one_channel_pays_nothing(server: Server) -> None:
    agent_id = server.new_agent()
    for number in range(5):
        post(server, agent_id, "sdk", tool_call_id=f"call_{number}", trace_id=TRACE, span_id=f"{number:016x}")
        post(server, agent_id, "api")
    (row,) = query(server.dsn, "SELECT channels FROM agents WHERE id = $1", agent_id)
    assert row["channels"] == 2
    ids = "SELECT id FROM agent_events WHERE agent_id = $1"
    assert query(server.dsn, f"SELECT key FROM call_reports WHERE event_id IN ({ids})", agent_id) == []


def test_a_broken_name_is_refused(server: Server) -> None:
    agent_id = server.new_agent()
    for wrong in ({"channel": "carrier pigeon"}, {"trace_id": "AB" * 16}, {"trace_id": "ab"}, {"span_id": "ab" * 16}):
        assert server.api.post("events", json=event(agent_id, **wrong)).status_code == 422
    hostile = "\x1f" * 20 + "💥"
    post(server, agent_id, "sdk", tool_name=hostile, tool_call_id=hostile)
    assert post(server, agent_id, "otlp", tool_name=hostile, tool_call_id=hostile)["event_id"]
    assert len(events_of(server, agent_id)) == 1

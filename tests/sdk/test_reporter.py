"""The reporter against every kind of server: the agent goes on, and each event is accounted for."""

import asyncio
import copy
import json
import logging
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsentinel_sdk import InvalidArgument, Reporter, ReporterStats, ToolCallEvent, hash_payload
from agentsentinel_sdk.identity import KnownAgent
from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS

DIGEST = hash_payload({})


@pytest.fixture(autouse=True)
def _fast_and_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("agentsentinel_sdk._http.FIRST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("agentsentinel_sdk._worker.LINGER_SECONDS", 0.01)
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))


def report(reporter: Reporter, *tools: str) -> None:
    calls = reporter.recorder()
    for number, tool in enumerate(tools):
        calls.start(number, tool, {"number": number})
        calls.end(number, "done")


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def assert_nothing_is_missing(stats: ReporterStats) -> None:
    taken = stats.accepted + stats.adopted
    assert taken == stats.delivered + stats.rejected + stats.dropped + stats.queued + stats.spooled, stats


def ids(sentinel: FakeSentinel) -> list[str]:
    return [event["event_id"] for event in sentinel.events]


def test_a_call_becomes_one_event_of_the_registered_agent() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(agent_name="a", owner_team="t", description="reads", session_id="s") as reporter:
        report(reporter, "search_crm")
        assert reporter.flush()
    (event,) = sentinel.events
    assert (event["tool_name"], event["status"], event["session_id"]) == ("search_crm", "ok", "s")
    assert (event["input_hash"], event["output_hash"]) == (hash_payload({"number": 0}), hash_payload("done"))
    assert event["agent_id"] == sentinel.agents[0]["id"]
    assert {key: sentinel.agents[0][key] for key in ("name", "owner_team", "description")} == {
        "name": "a",
        "owner_team": "t",
        "description": "reads",
    }
    assert reporter.stats == ReporterStats(1, 0, 1, 0, 0, 0, 0, 0, None)


def test_events_travel_in_batches() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        report(reporter, *["t"] * 1200)
        assert reporter.flush(10)
    batches = [request for request in sentinel.requests if request.url.path.endswith("/batch")]
    assert len(sentinel.events) == 1200
    assert len(batches) < 30


def test_each_tool_is_granted_once_before_its_first_event() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        for _ in range(3):
            report(reporter, "read_ledger", "send_email")
            assert reporter.flush()
    grants = [json.loads(r.content)["tool_name"] for r in sentinel.requests if r.url.path.endswith("/grants")]
    assert sorted(grants) == ["read_ledger", "send_email"]


def test_the_same_name_and_team_is_the_same_agent() -> None:
    sentinel = FakeSentinel()
    told: list[KnownAgent] = []
    for team in ("red", "red", "blue"):
        with sentinel.reporter(agent_name="a", owner_team=team, on_known=told.append) as reporter:
            assert reporter.agent_id() is not None
    assert [agent["owner_team"] for agent in sentinel.agents] == ["red", "blue"]
    assert [agent.is_new for agent in told] == [True, False, True]
    assert told[0].agent_id == told[1].agent_id


def test_a_key_of_an_agent_reports_for_it_and_neither_registers_nor_grants() -> None:
    sentinel = FakeSentinel()
    with sentinel.client() as client:
        sentinel.bound_agent_id = client.register_agent("bound").id
    with sentinel.reporter(agent_name="some other name") as reporter:
        report(reporter, "t")
        assert reporter.flush()
        assert reporter.agent_id() == sentinel.bound_agent_id
    assert [event["agent_id"] for event in sentinel.events] == [sentinel.bound_agent_id]
    assert (len(sentinel.agents), sentinel.grants) == (1, [])


def test_an_agent_id_that_is_not_the_keys_is_refused_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    sentinel = FakeSentinel()
    with sentinel.client() as client:
        sentinel.bound_agent_id = client.register_agent("bound").id
    with sentinel.reporter(agent_id="0" * 32) as reporter:
        report(reporter, "t")
        assert not reporter.flush(1)
    assert "this key reports for agent" in caplog.text
    assert sentinel.events == []


def test_an_agent_that_was_deleted_on_the_server_is_registered_again() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(agent_name="a") as reporter:
        report(reporter, "t")
        assert reporter.flush()
        for kept in (sentinel.agents, sentinel.grants, sentinel.events):
            kept.clear()
        report(reporter, "t")
        assert reporter.flush()
    assert [agent["name"] for agent in sentinel.agents] == ["a"]
    assert len(sentinel.events) == len(sentinel.grants) == 1


def test_a_finished_event_of_any_agent_can_be_handed_over() -> None:
    sentinel = FakeSentinel()
    with sentinel.client() as client:
        agent_id = client.register_agent("other").id
    with sentinel.reporter() as reporter:
        reporter.report(ToolCallEvent(agent_id, "t", DIGEST, DIGEST))
        assert reporter.flush()
    assert [event["agent_id"] for event in sentinel.events] == [agent_id]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 404, 302])
@pytest.mark.parametrize("with_spool", [True, False])
def test_what_the_server_did_not_take_arrives_later_once_and_in_order(status: int, with_spool: bool) -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(**({"spool": ""} if with_spool else {})) as reporter:
        assert reporter.agent_id() is not None
        sentinel.answer_next(status, times=3)
        for number in range(30):
            report(reporter, f"t{number}")
        eventually(lambda: reporter.stats.delivered == 30)
    assert [event["tool_name"] for event in sentinel.events] == [f"t{number}" for number in range(30)]
    assert_nothing_is_missing(reporter.stats)


def test_an_answer_that_is_no_answer_of_ours_is_not_taken_for_one() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        bodies: list[object] = ["<html>", {"results": []}, {"results": [{}]}, {"results": [{"status": "201"}]}, []]
        for body in bodies:
            sentinel.answer_next(200, body)
        report(reporter, "t")
        eventually(lambda: reporter.stats.delivered == 1)
    assert len(sentinel.events) == 1


@pytest.mark.parametrize("header", ["-1", "1e9", "999999999", "Fri, 01 Jan 2100 00:00:00 GMT", "soon", ""])
def test_an_absurd_retry_after_does_not_stop_reporting(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentsentinel_sdk._worker.LONGEST_WAIT_SECONDS", 0.05)
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        sentinel.answer_next(429, headers={"Retry-After": header})
        report(reporter, "t")
        eventually(lambda: reporter.stats.delivered == 1)


def test_a_sensible_retry_after_is_obeyed() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        sentinel.answer_next(503, headers={"Retry-After": "1"})
        started = time.monotonic()
        report(reporter, "t")
        eventually(lambda: reporter.stats.delivered == 1)
    assert time.monotonic() - started > 0.9


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_sending_with_one_line_and_what_was_reported_is_kept_for_a_better_key(
    status: int, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    sentinel = FakeSentinel()
    reporter = sentinel.reporter(agent_name="a", spool=tmp_path)
    report(reporter, "t")
    assert reporter.flush()
    sentinel.answer_next(status)
    report(reporter, "t")
    eventually(lambda: reporter.stats.problem)
    sent = len(sentinel.requests)
    report(reporter, *["t"] * 50)
    eventually(lambda: reporter.stats.spooled == 51)
    assert not reporter.flush(0.2)
    reporter.close()
    assert len(sentinel.requests) == sent
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    with sentinel.reporter(agent_name="a", spool=tmp_path) as later:
        later.start()
        eventually(lambda: later.stats.delivered == 51)
    assert len(sentinel.events) == len(set(ids(sentinel))) == 52


def test_a_batch_that_is_too_large_is_halved_until_it_fits() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        take = sentinel._batch

        def small_only(request: httpx2.Request) -> httpx2.Response:
            return take(request) if len(json.loads(request.content)["events"]) <= 3 else httpx2.Response(413)

        with routed(sentinel, small_only):
            report(reporter, *["t"] * 20)
            assert reporter.flush()
    assert len(set(ids(sentinel))) == reporter.stats.delivered == 20


def test_events_the_server_refuses_are_counted_with_the_reason_and_hinder_no_other() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        take = sentinel._take

        def choosy(event: dict[str, Any]) -> dict[str, Any]:
            return {"status": 422, "detail": "tool_name: no"} if event["tool_name"] == "bad" else take(event)

        sentinel._take = choosy  # type: ignore[method-assign]
        report(reporter, "good", "bad", "good")
        assert reporter.flush()
    assert (reporter.stats.delivered, reporter.stats.rejected) == (2, 1)
    assert reporter.stats.problem == "tool_name: no [422]"


def test_a_request_that_is_refused_whole_loses_only_the_event_at_fault() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        take = sentinel._batch

        def strict(request: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(422) if b'"bad"' in request.content else take(request)

        with routed(sentinel, strict):
            report(reporter, *["good"] * 7, "bad", *["good"] * 5)
            assert reporter.flush()
    assert (reporter.stats.delivered, reporter.stats.rejected, len(sentinel.events)) == (12, 1, 12)


@contextmanager
def routed(sentinel: FakeSentinel, batch: Callable[[httpx2.Request], httpx2.Response]) -> Iterator[None]:
    """Let `batch` answer the batches."""
    answer = sentinel._answer

    def route(request: httpx2.Request) -> httpx2.Response:
        return batch(request) if request.url.path.endswith("/batch") else answer(request)

    sentinel._answer = route  # type: ignore[method-assign]
    yield


# --- bounds and the tally -------------------------------------------------------------------------------------------


def test_without_a_spool_the_newest_ten_thousand_are_kept_and_the_rest_counted_exactly() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        assert reporter.agent_id() is not None
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        for number in range(50_000):
            reporter.submit({"event_id": str(number), "tool_name": "t"})
        eventually(lambda: reporter.stats.problem)
        eventually(lambda: reporter.stats.queued == 10_000)
        stats = reporter.stats
        assert (stats.accepted, stats.dropped, stats.delivered) == (50_000, 40_000, 0)
        sentinel._faults.clear()
        eventually(lambda: reporter.stats.delivered == 10_000)
    assert ids(sentinel) == [str(number) for number in range(40_000, 50_000)]
    assert_nothing_is_missing(reporter.stats)


def test_with_a_spool_nothing_of_fifty_thousand_is_lost_or_doubled() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(spool="") as reporter:
        assert reporter.agent_id() is not None
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        report(reporter, "first")
        eventually(lambda: reporter.stats.problem)
        for number in range(50_000):
            reporter.submit({"event_id": str(number), "tool_name": "t"})
            if number % 1000 == 0:  # however slow the disk is, the queue never fills
                eventually(lambda: reporter.stats.queued < 5_000)
        eventually(lambda: reporter.stats.spooled + reporter.stats.dropped == 50_001)
        assert reporter.stats.dropped == 0
        sentinel._take = lambda event: {"status": 201, "seen": sentinel.events.append(event)}  # type: ignore[method-assign, func-returns-value]
        sentinel._faults.clear()
        eventually(lambda: reporter.stats.delivered == 50_001)
    assert len(set(ids(sentinel))) == len(sentinel.events) == 50_001
    assert_nothing_is_missing(reporter.stats)


def test_a_small_spool_drops_its_oldest_and_counts_them(tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(spool=tmp_path, spool_bytes=50_000) as reporter:
        assert reporter.agent_id() is not None
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        for batch in range(40):
            report(reporter, *["t"] * 50)
            assert reporter.stats.accepted == 50 * (batch + 1)
            eventually(lambda: reporter.stats.queued == 0)
        stats = reporter.stats
        assert 0 < stats.spooled < 300
        assert stats.dropped == 2000 - stats.spooled
        assert sum(file.stat().st_size for file in tmp_path.rglob("*.events")) < 80_000


def test_a_folder_that_cannot_be_written_leaves_events_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentinel = FakeSentinel()
    with sentinel.reporter(spool=tmp_path / "file") as reporter:
        assert reporter.agent_id() is not None
        sentinel.answer_next(500, times=2)
        report(reporter, *["t"] * 5)
        eventually(lambda: reporter.stats.delivered == 5)
    assert_nothing_is_missing(reporter.stats)


def test_drops_are_told_of_in_the_log_and_at_most_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(most_queued=10) as reporter:
        assert reporter.agent_id() is not None
        sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
        for _ in range(5):
            report(reporter, *["t"] * 100)
            time.sleep(0.05)
        eventually(lambda: caplog.records)
        lines = [record.getMessage() for record in caplog.records]
        sentinel._faults.clear()
    assert len(lines) == 1
    assert "dropped" in lines[0]


# --- the life of a reporter -----------------------------------------------------------------------------------------


def test_an_unusable_key_or_url_shows_at_once() -> None:
    for key, url in (("", None), ("as adm", None), ("as_adm_1", "ftp://host")):
        with pytest.raises(InvalidArgument):
            Reporter(key, url)


def test_the_environment_says_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTSENTINEL_API_KEY", raising=False)
    with pytest.raises(InvalidArgument, match="key is empty"):
        Reporter()
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", "as_adm_" + "5" * 64)
    monkeypatch.setenv("SENTINEL_URL", "http://127.0.0.1:9/prefix/")
    monkeypatch.setenv("AGENTSENTINEL_HASH_KEY", "secret of the tenant")
    reporter = Reporter()
    assert "http://127.0.0.1:9/prefix" in repr(reporter)
    assert reporter.hash_key == b"secret of the tenant"


def test_with_a_tenant_key_digests_are_keyed() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter(hash_key="k") as reporter:
        report(reporter, "t")
    (event,) = sentinel.events
    assert event["input_hash"] == hash_payload({"number": 0}, b"k") != hash_payload({"number": 0})


def test_the_key_is_in_no_representation_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sentinel = FakeSentinel("as_adm_" + "5ecret" * 10 + "0000")
    sentinel.answer_next(401)
    with sentinel.reporter() as reporter:
        report(reporter, "t")
        reporter.flush(1)
        assert "5ecret" not in repr(reporter) + str(vars(reporter)) + caplog.text


def test_it_is_silent_unless_logging_is_set_up() -> None:
    logger = logging.getLogger("agentsentinel")
    assert any(isinstance(handler, logging.NullHandler) for handler in logger.handlers)


def test_a_copy_is_the_same_reporter_and_a_pickle_is_refused() -> None:
    with FakeSentinel().reporter() as reporter:
        assert copy.copy(reporter) is copy.deepcopy(reporter) is reporter
        with pytest.raises(TypeError, match="make one in each process"):
            pickle.dumps(reporter)


def test_a_reporter_nobody_holds_any_more_sends_what_it_has_and_ends_its_thread() -> None:
    sentinel = FakeSentinel()
    before = threading.active_count()
    for _ in range(20):
        report(sentinel.reporter(agent_name="a"), "t")
    eventually(lambda: len(sentinel.events) == 20)
    eventually(lambda: threading.active_count() <= before)


def test_fifty_threads_lose_and_double_nothing() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        calls = reporter.recorder()

        def work(worker: int) -> None:
            for number in range(40):
                calls.start((worker, number), "t", {"worker": worker, "number": number})
                calls.end((worker, number), number)

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reporter.flush(10)
    assert len({event["input_hash"] for event in sentinel.events}) == len(sentinel.events) == 2000


def test_calls_in_event_loops_that_have_closed_are_sent_all_the_same() -> None:
    sentinel = FakeSentinel()
    reporter = sentinel.reporter()

    async def agent() -> None:
        report(reporter, "t")

    for _ in range(3):
        asyncio.run(agent())
    reporter.close()
    assert len(sentinel.events) == 3


def test_a_coroutine_can_wait_for_everything_to_be_sent() -> None:
    sentinel = FakeSentinel()
    reporter = sentinel.reporter()

    async def agent() -> bool:
        report(reporter, "t")
        return await reporter.aflush()

    assert asyncio.run(agent())
    assert len(sentinel.events) == 1


def test_after_its_end_calls_are_ignored_and_closing_again_is_nothing() -> None:
    sentinel = FakeSentinel()
    reporter = sentinel.reporter()
    reporter.close()
    report(reporter, "t")
    reporter.close()
    assert sentinel.events == []


def test_closing_takes_no_longer_than_its_deadline_when_the_server_hangs(tmp_path: Path) -> None:
    with hanging_server() as url:
        reporter = Reporter("as_adm_1", url, agent_name="a", spool=tmp_path)
        report(reporter, *["t"] * 100)
        time.sleep(0.2)
        reporter.close(timeout=0.5)  # and returns, although the server never answers
        assert reporter.stats.spooled == 0  # given up: the files belong to the next process
    sentinel = FakeSentinel()
    with sentinel.serve() as url, Reporter(sentinel.api_key, url, agent_name="a", spool=tmp_path) as later:
        assert later.agent_id()
    assert sum(file.read_bytes().count(b"\n") for file in tmp_path.rglob("*.events")) == 100


def test_callbacks_of_the_host_that_raise_change_nothing() -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the host's own")

    sentinel = FakeSentinel()
    with sentinel.reporter(on_known=broken, on_scored=broken) as reporter:
        report(reporter, "t", "t")
        assert reporter.flush()
    assert len(sentinel.events) == 2


def test_the_score_includes_what_was_reported_last() -> None:
    sentinel = FakeSentinel()
    with sentinel.reporter() as reporter:
        report(reporter, "t")
        score = reporter.score()
    assert score is not None
    assert score.behavior_score == 10.0


def test_a_score_that_cannot_be_had_is_none() -> None:
    sentinel = FakeSentinel()
    sentinel.fail_next(httpx2.ConnectError("refused"), times=10**6)
    with sentinel.reporter() as reporter:
        assert reporter.score(timeout=0.1) is None


@contextmanager
def hanging_server() -> Iterator[str]:
    """Run a server that accepts, reads and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    held.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()

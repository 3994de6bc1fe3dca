"""The reporter and the real server agree on agents, grants, events and their repeats."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from agentsentinel_sdk import Client, Reporter
from server.support import Server, new_database, running


@pytest.fixture(scope="module")
def server(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the real server, as a process."""
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture(autouse=True)
def _own_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path))


def report(reporter: Reporter, count: int) -> None:
    calls = reporter.recorder()
    for number in range(count):
        calls.start(number, "crm_search", {"number": number}, tool_call_id=f"call-{number}")
        calls.end(number, "done")


def test_an_admin_key_registers_grants_and_reports(server: Server) -> None:
    with Reporter(server.admin_key, server.url, agent_name=uuid4().hex, description="Searches") as reporter:
        report(reporter, 30)
        assert reporter.flush(10)
        score = reporter.score()
        agent_id = reporter.agent_id()
    agent = server.api.get(f"agents/{agent_id}").json()
    assert [grant["tool_name"] for grant in agent["grants"]] == ["crm_search"]
    assert len(server.api.get("events", params={"agent_id": agent_id}).json()) == 30
    assert score is not None
    assert score.behavior_score is not None
    assert (reporter.stats.delivered, reporter.stats.problem) == (30, None)


def test_a_key_of_an_agent_reports_for_it_and_reads_its_score(server: Server) -> None:
    agent_id = server.new_agent()
    with Reporter(server.new_key("agent", agent_id), server.url) as reporter:
        report(reporter, 3)
        assert reporter.score() is not None
    assert len(server.api.get("events", params={"agent_id": agent_id}).json()) == 3
    assert server.api.get(f"agents/{agent_id}").json()["grants"] == []


def test_a_readonly_key_is_refused_with_a_sentence_that_helps(server: Server) -> None:
    with Reporter(server.new_key("readonly"), server.url) as reporter:
        report(reporter, 3)
        assert not reporter.flush(5)
        assert reporter.stats.problem == "a key of scope readonly cannot report tool calls [403]"


def test_reporters_that_start_at_once_with_one_name_are_one_agent(server: Server) -> None:
    name = uuid4().hex
    reporters = [Reporter(server.admin_key, server.url, agent_name=name) for _ in range(8)]
    threads = [threading.Thread(target=report, args=(reporter, 5)) for reporter in reporters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reporter.flush(10) for reporter in reporters)
    ids = {reporter.agent_id() for reporter in reporters}
    for reporter in reporters:
        reporter.close()
    assert len(ids) == 1
    with Client(server.admin_key, server.url) as client:
        assert len(client.list_agents(name=name)) == 1


def test_events_that_are_sent_again_count_once(server: Server, tmp_path: Path) -> None:
    name = uuid4().hex
    with Reporter(server.admin_key, server.url, agent_name=name) as reporter:
        agent_id = reporter.agent_id()
        wires = [
            {"event_id": event_id, "tool_name": "t", "input_hash": "ab" * 32, "output_hash": "ab" * 32}
            for event_id in (f"01a204ce-1e60-7604-875c-{number:012x}" for number in range(20))
        ]
        for wire in [*wires, *wires]:
            reporter.submit(wire)
        assert reporter.flush(10)
    assert reporter.stats.delivered == 40
    assert len(server.api.get("events", params={"agent_id": agent_id}).json()) == 20

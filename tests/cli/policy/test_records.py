"""Recorded calls are read from the server, the oldest first, within a bound that is said."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from agentsentinel_cli.policy import records
from agentsentinel_cli.policy.records import meta_tools_among, records_since
from agentsentinel_cli.server import CannotAsk
from agentsentinel_core.policy.replay import RecordedCall

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Server:
    """Answers with events, newest first, and counts how many of them were asked for."""

    def __init__(self, *ages: float, agents: tuple[tuple[str, str], ...] = (("1", "desk"),)) -> None:
        self.ages, self.agents, self.given = ages, agents, 0

    def list_agents(self, *, name: str, offset: int = 0) -> list[Any]:
        return [SimpleNamespace(id=id_, name=found) for id_, found in self.agents if name in found][offset:]

    def list_events(self, agent_id: str | None = None) -> Any:
        for age in self.ages:
            self.given += 1
            yield SimpleNamespace(
                event_id=f"{age}",
                agent_id=agent_id or "1",
                agent_name="desk",
                tool_name=f"tool {age}",
                timestamp=NOW - timedelta(hours=age),
                server_name=None,
                session_id=None,
                status="denied" if age == 2 else "ok",
            )


def read(server: Server, name: str | None = None, hours: float = 24) -> records.Records:
    return records_since(server, name, NOW - timedelta(hours=hours))  # type: ignore[arg-type]


def test_calls_come_the_oldest_first_and_older_pages_are_not_asked_for() -> None:
    server = Server(1, 2, 30, 40, 50)
    found = read(server)
    assert [call.tool for call in found.calls] == ["tool 2", "tool 1"]
    assert [call.was_denied for call in found.calls] == [True, False]
    assert server.given == 3
    assert found.period == "2026-11-30 to 2026-11-30"


def test_what_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_CALLS", 2)
    assert read(Server(1, 2, 3)).is_cut
    assert not read(Server(1, 2)).is_cut


def test_all_agents_of_exactly_the_name_are_read() -> None:
    server = Server(1, agents=(("1", "desk"), ("2", "desk"), ("3", "desk-2")))
    assert {call.agent_id for call in read(server, "desk").calls} == {"1", "2"}
    with pytest.raises(CannotAsk, match="no agent with the name 'other'"):
        read(server, "other")


def test_nothing_in_the_time_is_no_calls() -> None:
    found = read(Server(30))
    assert (list(found.calls), found.period) == ([], "no time")


def test_meta_tools_are_counted() -> None:
    calls = [RecordedCall("1", "desk", tool) for tool in ("call_tool", "call_tool", "read_file")]
    assert meta_tools_among(calls) == {"call_tool": 2}

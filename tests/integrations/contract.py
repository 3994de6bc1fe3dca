"""What every adapter must do, whatever its framework: each says how an agent is run, and inherits these tests.

The agent has three tools: `search_crm(query)` gives a line, `send_email(to)` another, and `fail(reason)` raises. Its
model is a script: a list of turns, each a list of calls that are asked for at once.
"""

import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from agentsentinel_sdk import Monitor, hash_payload
from conftest import Platform


@dataclass(frozen=True)
class Call:
    """One call that the scripted model asks for."""

    tool: str
    arguments: dict[str, Any]
    id: str


def call(tool: str, **arguments: Any) -> Call:
    return Call(tool, arguments, f"call_{uuid.uuid4().hex[:12]}")


def search_crm(query: str) -> str:
    """Find a customer.

    Args:
        query: the name.
    """
    time.sleep(0.02)
    return f"3 rows about {query}"


def send_email(to: str) -> str:
    """Send an e-mail.

    Args:
        to: the address.
    """
    return f"sent to {to}"


def fail(reason: str) -> str:
    """Fail.

    Args:
        reason: why.
    """
    raise ValueError(reason)


async def async_search_crm(query: str) -> str:
    """Find a customer.

    Args:
        query: the name.
    """
    return search_crm(query)


class Contract:
    """To be inherited by one class for each adapter."""

    modes: ClassVar[tuple[str, ...]] = ("sync", "async")
    has_call_ids: ClassVar[bool] = True
    """Whether the framework tells the model's own ids of calls."""
    tells_of_unknown_tools: ClassVar[bool] = True
    failure_ends_run: ClassVar[bool] = False
    """Whether an exception of a tool is the end of the run."""

    def monitor(self, **parameters: Any) -> Monitor:
        """Make the adapter."""
        raise NotImplementedError

    def run(self, monitor: Monitor, turns: list[list[Call]], mode: str) -> str:
        """Run an agent under the adapter to its end; its last words."""
        raise NotImplementedError

    def output(self, text: str) -> object:
        """What is hashed of a tool's result."""
        return text

    def watched(self, platform: Platform, **parameters: Any) -> Monitor:
        settings = {"api_key": platform.admin_key, "base_url": platform.url, "agent_name": f"a-{uuid.uuid4().hex}"}
        return self.monitor(**{**settings, **parameters})

    def events(self, platform: Platform, monitor: Monitor) -> list[dict[str, Any]]:
        assert monitor.flush(10), monitor.reporter.stats
        agent_id = monitor.reporter.agent_id()
        assert agent_id is not None
        return platform.events(agent_id)

    def test_a_call_is_one_event_with_all_that_is_known_of_it(
        self, platform: Platform, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[tuple[object, str]] = []

        def noted(payload: object, key: bytes | None = None) -> str:
            hashed.append((payload, hash_payload(payload, key)))
            return hashed[-1][1]

        monkeypatch.setattr("agentsentinel_sdk.recorder.hash_payload", noted)
        monitor = self.watched(platform)
        asked = call("search_crm", query="Acme")
        assert self.run(monitor, [[asked]], mode) == "done"
        (event,) = self.events(platform, monitor)
        assert (event["tool_name"], event["status"]) == ("search_crm", "ok")
        assert event["session_id"]
        assert event["tool_call_id"] == (asked.id if self.has_call_ids else None)
        assert 15 <= event["duration_ms"] < 5000
        digests = {digest: payload for payload, digest in hashed}
        assert hash_payload({"query": "Acme"}) in digests, digests
        assert hash_payload(self.output("3 rows about Acme")) in digests, digests
        assert platform.grants(event["agent_id"]) == {"search_crm"}

    def test_calls_that_are_made_at_once_are_told_apart(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform)
        asked = [call("search_crm", query="Acme"), call("send_email", to="anna"), call("search_crm", query="Globex")]
        assert self.run(monitor, [asked], mode) == "done"
        events = self.events(platform, monitor)
        assert sorted(event["tool_name"] for event in events) == ["search_crm", "search_crm", "send_email"]
        assert {event["status"] for event in events} == {"ok"}
        if self.has_call_ids:
            assert {event["tool_call_id"] for event in events} == {one.id for one in asked}

    def test_a_tool_that_raises_is_one_error(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform)
        with suppress(Exception if self.failure_ends_run else ()):
            assert self.run(monitor, [[call("fail", reason="no")]], mode) == "done"
        events = self.events(platform, monitor)
        assert [(event["tool_name"], event["status"]) for event in events] == [("fail", "error")]

    def test_a_tool_that_does_not_exist_is_denied_and_not_granted(self, platform: Platform, mode: str) -> None:
        if not self.tells_of_unknown_tools:
            return  # stated, and documented, as a limit of the framework's hooks
        monitor = self.watched(platform)
        asked = call("made_up", query="x")
        assert self.run(monitor, [[asked], [call("send_email", to="anna")]], mode) == "done"
        events = self.events(platform, monitor)
        ends = [(event["tool_name"], event["status"]) for event in events]
        assert ends == [("made_up", "denied"), ("send_email", "ok")]
        assert platform.grants(events[0]["agent_id"]) == {"send_email"}

    def test_each_attempt_is_an_event_of_its_own(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform)
        again = [[call("search_crm", query=f"Acme {number}")] for number in range(3)]
        assert self.run(monitor, again, mode) == "done"
        assert [event["tool_name"] for event in self.events(platform, monitor)] == ["search_crm"] * 3

    def test_the_agent_does_not_notice_that_the_server_is_away(self, platform: Platform, mode: str) -> None:
        monitor = self.watched(platform, base_url="http://127.0.0.1:9")
        assert self.run(monitor, [[call("search_crm", query="Acme"), call("send_email", to="anna")]], mode) == "done"
        monitor.flush(0.5)
        stats = monitor.reporter.stats
        assert (stats.accepted, stats.queued + stats.spooled) == (2, 2)
        monitor.reporter.close()

    def test_the_agent_does_not_notice_a_mistake_of_ours(
        self, platform: Platform, mode: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> str:
            raise RuntimeError("our mistake")

        monitor = self.watched(platform)
        monkeypatch.setattr("agentsentinel_sdk.recorder.hash_payload", broken)
        assert self.run(monitor, [[call("search_crm", query="Acme")]], mode) == "done"

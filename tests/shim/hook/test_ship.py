"""What hooks leave reaches the server once, also when it was away for a while."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook import feed, ship, spool
from agentsentinel_shim.hook.joining import Sender
from agentsentinel_shim.hook.ship import Shipper, agent_name, reporter_of
from patience import PATIENCE_SECONDS
from ports import free_port
from shim.hook.samples import PAYLOADS
from shim.support import API_KEY


class Sent:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.closed = 0

    def submit(self, wire: dict[str, Any]) -> None:
        self.events.append(wire)

    def flush(self, timeout: float) -> bool:
        return True

    def close(self, timeout: float) -> None:
        self.closed += 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hook"
    monkeypatch.setattr(spool, "default_folder", lambda: str(path))
    monkeypatch.setattr(feed, "start_shipper", lambda _: None)
    monkeypatch.setenv("AGENTSENTINEL_API_KEY", API_KEY)
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", "off")  # which is about programs that report themselves
    return path


def shipper_of(folder: Path) -> Shipper:
    """Return a shipper that sends by the SDK's reporter."""
    return Shipper(folder, partial(reporter_of, unsent=folder / ship.UNSENT))


def hook(monkeypatch: pytest.MonkeyPatch, event: str, call_id: str, *words: str) -> None:
    payload = {**PAYLOADS["claude-code"][event], "tool_use_id": call_id}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(payload).encode())))
    feed.run(["--client", "claude-code", *words])


def call(monkeypatch: pytest.MonkeyPatch, call_id: str, *words: str) -> None:
    hook(monkeypatch, "PreToolUse", call_id, *words)
    hook(monkeypatch, "PostToolUse", call_id, *words)


@contextmanager
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSentinel]:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        monkeypatch.setenv("SENTINEL_URL", url)
        yield sentinel


def test_a_thousand_calls_arrive_once_each_although_the_server_was_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship, "SEND_SECONDS", 0.1)
    port = free_port()
    monkeypatch.setenv("SENTINEL_URL", f"http://127.0.0.1:{port}")
    for number in range(1000):
        call(monkeypatch, f"call-{number}")
        if number % 250 == 249:
            shipper = shipper_of(folder)
            assert (shipper.ship(), len(shipper.unsent)) == (250, 1)
    monkeypatch.setattr(ship, "SEND_SECONDS", PATIENCE_SECONDS)
    sentinel = FakeSentinel()
    with sentinel.serve(port):
        assert shipper.ship() == 0
    assert not shipper.unsent
    assert sorted(event["tool_call_id"] for event in sentinel.events) == sorted(f"call-{n}" for n in range(1000))
    (agent,) = sentinel.agents
    assert (agent["name"], agent["agent_type"]) == (agent_name("claude-code"), "coding_agent")


def test_an_event_is_that_of_the_hooks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(monkeypatch) as sentinel:
        call(monkeypatch, "a")
        hook(monkeypatch, "PreToolUse", "b")
        hook(monkeypatch, "PostToolUseFailure", "b")
        shipper_of(folder).ship()
    assert [(event["tool_call_id"], event["status"]) for event in sentinel.events] == [("a", "ok"), ("b", "error")]
    event = sentinel.events[0]
    assert (event["channel"], event["server_name"], event["tool_name"]) == ("hook", "github", "create_issue")


def test_a_call_whose_end_comes_to_a_later_process_is_joined(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Sent()
    hook(monkeypatch, "PreToolUse", "a")
    assert Shipper(folder, lambda _: sent).ship() == 0
    hook(monkeypatch, "PostToolUse", "a")
    assert Shipper(folder, lambda _: sent).ship() == 1
    assert [event["tool_call_id"] for event in sent.events] == ["a"]
    assert not list(folder.glob("*.taken"))


def test_a_process_that_dies_while_it_sends_sends_the_same_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dying(Sent):
        def close(self, timeout: float) -> None:
            raise KeyboardInterrupt

    dying, later = Dying(), Sent()
    call(monkeypatch, "a")
    with pytest.raises(KeyboardInterrupt):
        Shipper(folder, lambda _: dying).ship()
    assert Shipper(folder, lambda _: later).ship() == 1
    assert later.events == dying.events


def test_a_process_that_dies_after_it_has_sent_sends_nothing_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent()
    call(monkeypatch, "a")
    shipper = Shipper(folder, lambda _: sent)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", dies)
        with pytest.raises(KeyboardInterrupt):
            shipper.ship()
    assert Shipper(folder, lambda _: sent).ship() == 0
    assert len(sent.events) == 1


def dies(*_: object, **__: object) -> NoReturn:
    raise KeyboardInterrupt


def test_each_sender_has_a_sink_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sinks: dict[Sender, Sent] = {}
    call(monkeypatch, "a")
    call(monkeypatch, "b", "--sentinel-url", "http://other.example")
    Shipper(folder, lambda sender: sinks.setdefault(sender, Sent())).ship()
    assert [sender.url for sender in sinks] == ["", "http://other.example"]
    assert all(sink.closed == 1 and len(sink.events) == 1 for sink in sinks.values())


def test_without_a_key_everything_stays_and_no_more_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AGENTSENTINEL_API_KEY")
    monkeypatch.setenv("HOME", str(folder.parent))
    for number in range(2):
        call(monkeypatch, str(number))
        assert ship.main(folder, idle_seconds=5) == 0
    assert len(list(folder.glob("*.taken"))) == 1
    assert len((folder / spool.NAME).read_text().splitlines()) == 2
    assert "agentsentinel keys create" in (folder / spool.LOG).read_text()
    assert (folder / spool.PAUSED).exists()
    sent = Sent()
    shipper = Shipper(folder, lambda _: sent)
    while shipper.has_more():
        shipper.ship()
    assert [event["tool_call_id"] for event in sent.events] == ["0", "1"]


def test_lines_that_hold_no_record_are_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Sent()
    spool.append(str(folder), '{"phase": "after"}\nnot json\n[]\n')
    call(monkeypatch, "a")
    assert Shipper(folder, lambda _: sent).ship() == 1


def test_a_broken_state_is_begun_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(monkeypatch, "a")
    (folder / ship.STATE).write_text("{")
    assert Shipper(folder, lambda _: Sent()).ship() == 1


def test_a_second_shipper_ends_at_once(folder: Path) -> None:
    folder.mkdir()
    with spool.Lock(str(folder / spool.SHIPPER_LOCK)):
        assert ship.main(folder) == 0
    assert not (folder / spool.LOG).exists()

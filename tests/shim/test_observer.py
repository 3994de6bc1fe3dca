"""Looking at copies never delays the relay, and a fault in it ends nothing."""

import threading
from typing import Any

import pytest

from agentsentinel_shim import observer as observer_module
from agentsentinel_shim.conversation import CallEnded, Conversation, Link, ListsSeen, Observation
from agentsentinel_shim.observer import Observer
from agentsentinel_shim.sessions import SessionClock

LINK = Link("pipe")
CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"}}'
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'


def watching(sink: Any) -> Observer:
    return Observer(Conversation(None, SessionClock()), sink)


def test_copies_are_looked_at_in_order() -> None:
    seen: list[Observation] = []
    observer = watching(seen.append)
    for _ in range(100):
        observer.sent(LINK, CALL, 1.0, is_from_client=True)
        observer.sent(LINK, ANSWER, 2.0, is_from_client=False)
    observer.sent(LINK, CALL, 3.0, is_from_client=True)
    observer.closed(LINK, 4.0)
    observer.close(timeout=60)
    assert [one.status for one in seen if isinstance(one, CallEnded)] == ["ok"] * 100 + ["error"]


def test_what_it_cannot_keep_up_with_is_counted_and_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer_module, "MOST_WAITING", 10 * (len(CALL) + observer_module._STEP_BYTES))
    is_free = threading.Event()
    seen: list[Observation] = []

    def sink(observation: Observation) -> None:
        is_free.wait(60)
        seen.append(observation)

    observer = watching(sink)
    observer.closed(LINK, 0.0)
    for _ in range(50):
        observer.sent(LINK, b"[]" + CALL, 1.0, is_from_client=True)
    assert observer.unseen >= 39
    is_free.set()
    observer.close(timeout=60)
    assert len(seen) == 50 - observer.unseen


def test_small_messages_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer_module, "LINGER_SECONDS", 3600)
    monkeypatch.setattr(observer_module, "MOST_WAITING", 64 * 1024)
    observer = watching(lambda _: None)
    for _ in range(1_000):
        observer.sent(LINK, b"{}", 1.0, is_from_client=True)
    assert observer.unseen > 800
    observer.close(timeout=60)


def test_copies_are_looked_at_together_and_closing_waits_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer_module, "LINGER_SECONDS", 3600)
    seen: list[Observation] = []
    observer = watching(seen.append)
    for _ in range(100):
        observer.sent(LINK, CALL, 1.0, is_from_client=True)
        observer.sent(LINK, ANSWER, 2.0, is_from_client=False)
    assert seen == []
    observer.close(timeout=60)
    assert len(seen) == 100


def test_a_fault_of_the_sink_ends_nothing() -> None:
    seen: list[Observation] = []

    def sink(observation: Observation) -> None:
        seen.append(observation)
        raise RuntimeError("a fault")

    observer = watching(sink)
    for _ in range(3):
        observer.sent(LINK, CALL, 1.0, is_from_client=True)
        observer.sent(LINK, ANSWER, 2.0, is_from_client=False)
    observer.close(timeout=60)
    assert len(seen) == 3


LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'


def test_catching_up_looks_at_all_that_was_sent_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer_module, "LINGER_SECONDS", 3600)
    seen: list[Observation] = []
    observer = watching(seen.append)
    observer.sent(LINK, LIST, 1.0, is_from_client=True)
    assert observer.catch_up(60) == ListsSeen(1, 0, frozenset({("", "")}))
    observer.sent(LINK, ANSWER, 2.0, is_from_client=False)
    assert observer.catch_up(60) == ListsSeen(1, 1, frozenset())
    assert len(seen) == 1
    observer.close(timeout=60)


def test_catching_up_gives_up_when_it_takes_too_long() -> None:
    is_free = threading.Event()
    observer = watching(lambda _: is_free.wait(60))
    observer.sent(LINK, CALL, 1.0, is_from_client=True)
    observer.sent(LINK, ANSWER, 1.0, is_from_client=False)
    assert observer.catch_up(0.2) is None
    is_free.set()
    observer.close(timeout=60)

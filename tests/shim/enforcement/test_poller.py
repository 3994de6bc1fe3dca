"""Snapshots and policies are kept current; what cannot be read changes nothing, and is said."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.enforcement.poller import PolicyFile, SnapshotPoller
from agentsentinel_shim.policy_file import PolicyError
from patience import PATIENCE_SECONDS

POLICY = "version: 1\nrules:\n  - {id: a, when: {tool: x}}\n"


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


@contextmanager
def polling(sentinel: FakeSentinel, agent_id: str, most_age: float = 30.0) -> Iterator[SnapshotPoller]:
    http = httpx2.Client(
        transport=sentinel.transport, base_url="http://test/api/v1/", headers={"X-API-Key": sentinel.api_key}
    )
    poller = SnapshotPoller(http, lambda: agent_id, None, most_age)
    poller.start()
    try:
        yield poller
    finally:
        poller.close()


def agent_of(sentinel: FakeSentinel) -> str:
    return sentinel.client().register_agent("polled").id


def is_suspended(poller: SnapshotPoller) -> bool:
    snapshot = poller.knowledge().snapshot
    return snapshot is not None and snapshot.is_suspended


def test_a_change_at_the_server_arrives() -> None:
    sentinel = FakeSentinel()
    agent_id = agent_of(sentinel)
    with polling(sentinel, agent_id) as poller:
        assert poller.wait_for_first(PATIENCE_SECONDS)
        assert not is_suspended(poller)
        sentinel.suspended[agent_id] = None
        wait_until(lambda: is_suspended(poller), "the suspension arrives")


def test_a_snapshot_stays_when_the_server_goes_and_grows_old(caplog: pytest.LogCaptureFixture) -> None:
    sentinel = FakeSentinel()
    with caplog.at_level(logging.WARNING), polling(sentinel, agent_of(sentinel), most_age=0.2) as poller:
        assert poller.wait_for_first(PATIENCE_SECONDS)
        sentinel.fail_next(httpx2.ConnectError("gone"), times=1_000)
        wait_until(lambda: not poller.knowledge().is_fresh, "the snapshot is old")
        assert poller.knowledge().snapshot is not None
        wait_until(lambda: "cannot be read (ConnectError" in caplog.text, "it is said")


def test_an_answer_that_is_not_a_snapshot_changes_nothing() -> None:
    sentinel = FakeSentinel()
    with polling(sentinel, agent_of(sentinel)) as poller:
        assert poller.wait_for_first(PATIENCE_SECONDS)
        asked = len(sentinel.requests)
        sentinel.answer_next(200, {"version": "2"})
        wait_until(lambda: len(sentinel.requests) > asked + 1, "it asks again")
        snapshot = poller.knowledge().snapshot
        assert snapshot is not None
        assert snapshot.version != "2"


def test_a_policy_that_changes_is_loaded_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    file = PolicyFile(path)
    path.write_text(POLICY.replace("id: a", "id: better"))
    file.refresh()
    assert [rule.id for rule in file.policy.rules] == ["better"]
    path.write_text(POLICY.replace("tool", "tol"))
    file.refresh()
    path.unlink()
    file.refresh()
    assert [rule.id for rule in file.policy.rules] == ["better"]


def test_a_wrong_policy_is_refused_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("rules: 1\n")
    with pytest.raises(PolicyError):
        PolicyFile(path)


def test_the_policy_that_holds_is_kept_for_the_next_process(tmp_path: Path) -> None:
    path, copy = tmp_path / "policy.yaml", tmp_path / "copy.yaml"
    path.write_text(POLICY)
    assert PolicyFile(path, copy).problem == ""
    assert oct(copy.stat().st_mode & 0o777) == "0o600"
    path.write_text(POLICY.replace("tool", "tol"))
    file = PolicyFile(path, copy)
    assert [rule.id for rule in file.policy.rules] == ["a"]
    assert file.problem.startswith(f"{path}:3: ")
    path.write_text(POLICY.replace("id: a", "id: better"))
    file.refresh()
    assert (file.policy.rules[0].id, file.problem) == ("better", "")
    assert "better" in copy.read_text()


def test_what_a_question_ends_in_is_reported_and_counts_as_a_try() -> None:
    sentinel = FakeSentinel()
    troubles: list[Exception] = []
    http = httpx2.Client(transport=sentinel.transport, base_url="http://test/api/v1/")  # without a key
    poller = SnapshotPoller(http, lambda: "an-id", None, on_trouble=troubles.append)
    poller.start()
    poller.wait_for_try(PATIENCE_SECONDS)
    poller.close()
    assert isinstance(troubles[0], httpx2.HTTPStatusError)
    assert poller.knowledge().snapshot is None

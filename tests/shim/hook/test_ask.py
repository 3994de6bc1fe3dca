"""A hook asks the process that decides in full, waits for it only as long as it may, and starts it where none runs."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentsentinel_shim.hook import ask, spool
from agentsentinel_shim.hook.ask import Decider

ALLOW = b'{"decision": "allow"}'


class Starts:
    """Counts the starts instead of making them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: str) -> None:
        self.count += 1


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    made = Starts()
    monkeypatch.setattr(ask, "start", made)
    return made


def decider_in(folder: Path, *, enforces: bool = True, policy: str = "") -> Decider:
    return Decider(str(folder), "codex", "http://s.example", "", policy, enforces=enforces)


def received(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def answering(decider: Decider, *answers: bytes) -> Iterator[list[bytes]]:
    """Listen where a process that decides would, answer one question after the other, and give the questions."""
    questions: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                questions.append(received(connection))
                connection.sendall(answer)

    before = Path.cwd()
    os.makedirs(decider.folder)
    os.chdir(decider.folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(ask.SOCKET)
        os.chdir(before)
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield questions
        thread.join(10)


def test_the_payload_arrives_byte_for_byte_also_when_the_folder_has_a_long_path(tmp_path: Path, starts: Starts) -> None:
    before = Path.cwd()
    decider = decider_in(tmp_path / ("x" * 200))
    payload = bytes(range(256)) * 4096
    with answering(decider, ALLOW) as questions:
        assert decider.ask(ask.CALL, "preToolUse", payload) == {"decision": "allow"}
    assert questions == [b"call preToolUse\n" + payload]
    assert (starts.count, Path.cwd()) == (0, before)


def test_a_process_that_ends_without_an_answer_is_asked_again(tmp_path: Path, starts: Starts) -> None:
    decider = decider_in(tmp_path)
    with answering(decider, b"", ALLOW) as questions:
        assert decider.ask(ask.CALL) == {"decision": "allow"}
    assert len(questions) == 2


def test_where_none_runs_one_is_started_and_waited_for_as_long_as_was_said(tmp_path: Path, starts: Starts) -> None:
    with pytest.raises(TimeoutError):
        decider_in(tmp_path).ask(ask.CALL, seconds=0.2)
    assert starts.count == 1


def test_one_that_is_just_starting_is_not_started_again(tmp_path: Path, starts: Starts) -> None:
    decider = decider_in(tmp_path)
    os.makedirs(decider.folder)
    with spool.Lock(os.path.join(decider.folder, ask.LOCK)), pytest.raises(TimeoutError):
        decider.ask(ask.CALL, seconds=0.1)
    assert starts.count == 0


def test_a_hook_that_only_observes_waits_for_no_start(tmp_path: Path, starts: Starts) -> None:
    assert decider_in(tmp_path, enforces=False).ask_if_there(ask.CALL, "", b"") is None
    assert starts.count == 1


def test_a_process_that_hangs_is_not_waited_for(
    tmp_path: Path, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "OBSERVING_SECONDS", 0.1)
    decider = decider_in(tmp_path)
    with answering(decider):
        with pytest.raises(TimeoutError):
            decider.ask(ask.CALL, seconds=0.1)
        with pytest.raises(TimeoutError):
            decider.ask_if_there(ask.CALL, "", b"")


@pytest.mark.parametrize("answer", [b"{", b"\xff", b"x" * (ask.MOST_BYTES + 1)])
def test_an_answer_that_cannot_be_read_is_an_error(answer: bytes, tmp_path: Path, starts: Starts) -> None:
    decider = decider_in(tmp_path)
    with answering(decider, answer), pytest.raises(ValueError):  # noqa: PT011 (any of them)
        decider.ask(ask.CALL)


def test_each_agent_server_and_policy_has_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folders() -> Iterator[str]:
        yield decider_in(tmp_path).folder
        yield decider_in(tmp_path, enforces=False).folder
        yield decider_in(tmp_path, policy="/p.yaml").folder
        for name in ("SENTINEL_URL", "AGENTSENTINEL_API_KEY"):
            monkeypatch.setenv(name, "other")
            yield decider_in(tmp_path).folder

    found = list(folders())
    assert len(set(found)) == len(found)

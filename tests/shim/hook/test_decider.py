"""The process that decides: one at a time, as long as it is asked, and whatever ends it, the next hook goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from agentsentinel_shim.hook import ask, decider, spool
from agentsentinel_shim.hook.ask import DECIDER, FOLDER, SOCKET
from shim.hook.enforcing import agent, wait_until

AFTER_WEB = """\
version: 1
rules:
  - {id: no-shell-after-web, mode: enforce, when: {capability: code-execution, after: web-read}}
"""
FETCH = {"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "WebFetch", "tool_input": {"url": "http://x"}}
SHELL = {"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash", "tool_input": {"command": "ls"}}


def test_hooks_that_run_at_once_start_one_process(tmp_path: Path) -> None:
    with agent(tmp_path) as codex:
        codex.install("--enforce")
        answers: list[str] = []
        threads = [threading.Thread(target=lambda: answers.append(codex.call().stdout)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all("rule no-force" in answer for answer in answers)
        assert len(answers) == 4
        wait_until(lambda: len(codex.deciders()) == 1, "all but one end")


def test_a_second_process_ends_at_once(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER / "x"
    folder.mkdir(parents=True)
    words = [sys.executable, "-m", DECIDER, str(folder), "codex", "", "", "", ""]
    with spool.Lock(str(folder / ask.LOCK)):
        assert subprocess.run(words, timeout=60, check=False).returncode == 0
    assert not (folder / SOCKET).exists()


def test_a_process_that_is_not_asked_ends_and_leaves_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / FOLDER / "x"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)  # the process goes into its folder
    monkeypatch.setattr(decider, "LOOK_SECONDS", 0.01)
    mask = os.umask(0o077)
    try:
        assert decider.main(folder, ["codex", "", "", "", ""], idle_seconds=0.05) == 0
    finally:
        os.umask(mask)
    assert not (folder / SOCKET).exists()
    assert not (tmp_path / spool.LOG).exists()


def test_after_it_was_killed_the_next_hook_starts_another_one_that_knows_the_session(tmp_path: Path) -> None:
    with agent(tmp_path) as codex:
        codex.install("--enforce", policy=AFTER_WEB)
        assert codex.hook(SHELL).stdout == ""
        assert codex.hook(FETCH).stdout == ""
        assert "no-shell-after-web" in codex.hook(SHELL).stdout
        (first,) = codex.deciders()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: not codex.deciders(), "it ends")
        assert "no-shell-after-web" in codex.hook(SHELL).stdout
        assert codex.hook({**SHELL, "session_id": "another"}).stdout == ""
        assert codex.deciders() != [first]


def test_its_folder_and_what_is_in_it_are_for_its_user_alone(tmp_path: Path) -> None:
    with agent(tmp_path) as codex:
        codex.install("--enforce", policy=AFTER_WEB)
        codex.hook(FETCH)
        (folder,) = (codex.folder / FOLDER).iterdir()
        wait_until((folder / "state.json").exists, "the facts are written down")
        assert {oct(path.stat().st_mode & 0o077) for path in (folder, *folder.iterdir())} == {"0o0"}


def test_a_hook_that_was_stopped_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(decider, "QUESTION_SECONDS", 0.05)
    answers: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(SOCKET)
        listener.listen()

        def answer(question: bytes) -> bytes:
            return question.upper()

        thread = threading.Thread(target=decider.serve, args=(listener, answer, lambda: None, 1.0))
        thread.start()
        with socket.socket(socket.AF_UNIX) as stopped, socket.socket(socket.AF_UNIX) as other:
            stopped.connect(SOCKET)
            stopped.sendall(b"half a quest")
            other.connect(SOCKET)
            other.sendall(b"whole")
            other.shutdown(socket.SHUT_WR)
            answers.append(other.recv(100))
        thread.join()
    assert answers == [b"WHOLE"]


def test_what_it_cannot_do_without_is_in_the_log(tmp_path: Path) -> None:
    with agent(tmp_path, sentinel=FakeSentinel()) as codex:
        codex.install("--enforce")
        codex.api_key = ""
        reason = json.loads(codex.call().stdout)["hookSpecificOutput"]["permissionDecisionReason"]
        assert "rule builtin-enforcement-error" in reason
        assert "Put an API key into" in reason
        assert "Put an API key into" in (codex.folder / spool.LOG).read_text()


def test_folders_of_other_keys_and_policies_are_few_and_none_in_use_is_removed(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(decider.MOST_FOLDERS + 3)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        (folder / "state.json").touch()
        os.utime(folder, (number, number))
    with spool.Lock(str(folders[0] / ask.LOCK)):
        os.utime(folders[0], (0, 0))
        decider.tidy(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([folders[0], *folders[3:]])

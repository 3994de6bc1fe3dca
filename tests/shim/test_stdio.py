"""Between two pipes: the same bytes on both sides, whatever they are."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from shim.messages import HOSTILE, random_messages
from shim.support import API_KEY, SENTINEL, wait_for_events

ECHO = [sys.executable, "-c", "import os\nwhile data := os.read(0, 65536): os.write(1, data)"]


def through(command: list[str], sent: bytes, sentinel: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": sentinel}
    environment["AGENTSENTINEL_SPOOL"] = str(folder / "spool")
    shim = [SENTINEL, "shim", "--stdio", "--agent-name", "piped", "--", *command]
    return subprocess.run(shim, input=sent, capture_output=True, env=environment, timeout=PATIENCE_SECONDS, check=False)


def test_a_thousand_messages_have_the_same_bytes_on_both_sides(tmp_path: Path) -> None:
    sent = b"".join(random_messages(1000)) + b"half a line without its end"
    with FakeSentinel().serve() as url:
        done = through(ECHO, sent, url, tmp_path)
    assert done.returncode == 0
    assert done.stdout == sent


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_passes_and_is_said_and_reported(message: bytes, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        done = through(ECHO, message + b"\n", url, tmp_path)
    assert done.stdout == message + b"\n"
    assert b"and was forwarded as it is" in done.stderr
    assert b"secret" not in done.stderr
    assert bool(sentinel.observations) == (b"can be read in two ways" in done.stderr)
    assert b"secret" not in json.dumps(sentinel.observations).encode()


def test_a_result_of_fifty_megabytes_passes_and_its_call_is_reported(tmp_path: Path) -> None:
    answer = (
        "import sys; sys.stdin.readline()\n"
        'sys.stdout.write(\'{"jsonrpc":"2.0","id":1,"result":{"content":"\')\n'
        "sys.stdout.write('x' * 50_000_000 + '\",\"isError\":true}}\\n')"
    )
    sentinel = FakeSentinel()
    ask = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"big","arguments":{}}}\n'
    with sentinel.serve() as url:
        done = through([sys.executable, "-c", answer], ask, url, tmp_path)
        [event] = wait_for_events(sentinel, 1)
    assert len(done.stdout) > 50_000_000
    assert (event["tool_name"], event["status"]) == ("big", "error")


@pytest.mark.parametrize(
    ("ending", "status"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 128 + 9)]
)
def test_the_status_is_that_of_the_server(ending: str, status: int, tmp_path: Path) -> None:
    with FakeSentinel().serve() as url:
        assert through([sys.executable, "-c", ending], b"", url, tmp_path).returncode == status


def test_a_server_that_does_not_end_with_its_input_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stubborn = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    with FakeSentinel().serve() as url:
        done = through([sys.executable, "-c", stubborn], b"", url, tmp_path)
    assert done.returncode == 128 + signal.SIGTERM
    for pid in pids.read_text().split():
        assert not is_running(int(pid))


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about yet does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@contextmanager
def wrapper(program: str, folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the shim in front of a Python program, with pipes to both of its ends."""
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "AGENTSENTINEL_SPOOL": str(folder / "spool")}
    command = [SENTINEL, "shim", "--stdio", "--agent-name", "piped", "--", sys.executable, "-c", program, *words]
    with FakeSentinel().serve() as url:
        environment["SENTINEL_URL"] = url
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("begun", ["", '{"jsonrpc":"2.0","id":3,"res'], ids=["between lines", "in a line"])
def test_requests_without_an_answer_get_errors_when_the_server_dies(begun: str, tmp_path: Path) -> None:
    answer = '{"jsonrpc":"2.0","id":1,"result":{}}\n'
    program = (
        "import sys\nfor _ in range(3): sys.stdin.readline()\n"
        f"sys.stdout.write({answer + begun!r}); sys.stdout.flush()\nsys.exit(7)"
    )
    with wrapper(program, tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for id_ in (1, "two", 3):
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": id_, "method": "ping"}).encode() + b"\n")
        process.stdin.flush()  # and it stays open: the client is there
        first, *lines = process.stdout.read().decode().splitlines()
        assert process.wait(PATIENCE_SECONDS) == 7
    assert first + "\n" == answer
    assert lines[: len(lines) - 2] == ([begun] if begun else [])
    errors = [json.loads(line) for line in lines[-2:]]
    assert [error["id"] for error in errors] == ["two", 3]
    assert all(error["error"] == {"code": -32603, "message": "the MCP server has ended"} for error in errors)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    "ignored", ["", "for n in (15, 2, 1): signal.signal(n, signal.SIG_IGN)"], ids=["obeys", "stubborn"]
)
def test_a_signal_ends_the_server_and_what_it_has_started(number: signal.Signals, ignored: str, tmp_path: Path) -> None:
    program = (
        f"import os, signal, subprocess, sys, time\n{ignored}\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    with wrapper(program, tmp_path) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(number)
        process.wait(PATIENCE_SECONDS)
    assert len(pids) == 2
    assert not any(map(is_running, pids))


def test_a_second_separator_is_a_word_of_the_servers_command(tmp_path: Path) -> None:
    with wrapper("import sys; print(sys.argv[1:])", tmp_path, "run", "--", "x", "--port") as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"['run', '--', 'x', '--port']\n"

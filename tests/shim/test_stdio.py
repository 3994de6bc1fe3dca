"""Between two pipes: the same bytes on both sides, whatever they are."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from shim.support import API_KEY, SENTINEL, wait_for_events

ECHO = [sys.executable, "-c", "import os\nwhile data := os.read(0, 65536): os.write(1, data)"]
HOSTILE = [
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","name":"secret"}}',
    b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"greet","Name":"secret"}}',
    b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"greet","name\\u0000":"secret"}}',
    b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"greet"},"PARAMS":{}}',
    b'\xef\xbb\xbf{"jsonrpc":"2.0","id":5,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":6,"method":"ping","params":{"x":"\xff"}}',
    b'{"jsonrpc":"2.0","id":7,"method":',
    b"\x00\x00",
    b'{"jsonrpc":"2.0","id":8,"method":"ping"}{"jsonrpc":"2.0","id":9,"method":"ping"}',
    b"[" * 100_000,
    b'{"a":' + b"9" * 10_000 + b"}",
    b'{"jsonrpc":"2.0","id":10,"method":"ping","params":{"x":NaN}}',
]


def through(command: list[str], sent: bytes, sentinel: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": sentinel}
    environment["AGENTSENTINEL_SPOOL"] = str(folder / "spool")
    shim = [SENTINEL, "shim", "--stdio", "--agent-name", "piped", "--", *command]
    return subprocess.run(shim, input=sent, capture_output=True, env=environment, timeout=PATIENCE_SECONDS, check=False)


def random_messages(count: int) -> list[bytes]:
    """Return messages of all kinds, some of them broken, always the same ones."""
    chance = random.Random(13)
    methods = ["tools/call", "tools/list", "ping", "notifications/progress", "x/unknown"]
    lines = []
    for number in range(count):
        kind = chance.choice(["request", "result", "error", "noise", "hostile"])
        if kind == "request":
            line = b'{"jsonrpc":"2.0","id":%d,"method":"%s","params":{"name":"t"}}' % (
                number,
                chance.choice(methods).encode(),
            )
        elif kind == "hostile":
            line = chance.choice(HOSTILE)
        elif kind == "noise":
            line = chance.randbytes(chance.randrange(200)).replace(b"\n", b"")
        else:
            line = b'{"jsonrpc": "2.0",\t"id": %d, "%s": {"b": [1.0, 1e2], "a": "\\u00e9"}}' % (number, kind.encode())
        lines.append(line + chance.choice([b"\n", b"\r\n"]))
    return lines


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

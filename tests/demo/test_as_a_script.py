"""`python demo/agent.py` as a person runs it: another process, a real connection, a pipe, a signal."""

import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS

SCRIPT = Path(__file__).resolve().parents[2] / "demo" / "agent.py"


def served(sentinel: FakeSentinel) -> type[http.server.BaseHTTPRequestHandler]:
    """Serve the in-memory server behind a real socket."""

    class Bridge(http.server.BaseHTTPRequestHandler):
        def _relay(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://{self.headers['Host']}{self.path}"
            asked = httpx2.Request(self.command, url, headers=dict(self.headers), content=content)
            answer = sentinel.transport.handle_request(asked)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _relay  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Log nothing, to keep the tests' output clean."""

    return Bridge


@pytest.fixture
def sentinel() -> FakeSentinel:
    return FakeSentinel(posture_score=55.0)


@pytest.fixture
def environment(sentinel: FakeSentinel) -> Iterator[dict[str, str]]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), served(sentinel)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            **os.environ,
            "AGENTSENTINEL_API_KEY": sentinel.api_key,
            "SENTINEL_URL": f"http://127.0.0.1:{server.server_port}",
        }
        server.shutdown()


def start(environment: dict[str, str], tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        env=environment,
        cwd=tmp_path,  # it must not depend on where it is started
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def test_it_runs_from_anywhere_into_a_pipe(environment: dict[str, str], tmp_path: Path) -> None:
    script = start(environment, tmp_path)
    out, err = script.communicate(timeout=PATIENCE_SECONDS)
    assert script.returncode == 0
    assert out.splitlines()[-1] == "[sentinel] Trust score: 46.75 (ALERT)"
    assert err == "[demo] Offline: a script plays the model and the tools only pretend\n"


def test_a_terminal_that_only_knows_ascii_gets_question_marks(environment: dict[str, str], tmp_path: Path) -> None:
    script = start({**environment, "PYTHONIOENCODING": "ascii"}, tmp_path)
    out, _ = script.communicate(timeout=PATIENCE_SECONDS)
    assert script.returncode == 0
    assert "  ? tool=search_crm    anomaly=0.900 ??" in out


def test_ctrl_c_at_the_terminal_ends_in_130_with_the_score(environment: dict[str, str], tmp_path: Path) -> None:
    script = start(environment, tmp_path, "--pace", "30")
    assert script.stdout is not None
    while "→" not in script.stdout.readline():  # also shows that lines come through a pipe at once
        assert script.poll() is None
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=PATIENCE_SECONDS)
    assert script.returncode == 130
    assert out.splitlines()[-1].startswith("[sentinel] Trust score: ")
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    script = start(environment, tmp_path, "--pace", "0.01")
    assert script.stdout is not None
    assert script.stderr is not None
    script.stdout.readline()
    script.stdout.close()
    assert "Traceback" not in script.stderr.read()
    assert script.wait(timeout=PATIENCE_SECONDS) == 1
    script.stderr.close()

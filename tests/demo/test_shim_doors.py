"""The two scripts of the demo: the shim from a checkout, and the client that tries it."""

import os
import subprocess
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from patience import PATIENCE_SECONDS
from ports import free_port
from shim.support import API_KEY, greeter, mcp_python, wait_for_port

DEMO = Path(__file__).parents[2] / "demo"


def environment(url: str, folder: Path) -> dict[str, str]:
    own = {"AGENTSENTINEL_API_KEY": API_KEY, "SENTINEL_URL": url, "AGENTSENTINEL_SPOOL": str(folder)}
    return {**os.environ, **own}


@pytest.mark.parametrize("line", ["1", "2"])
def test_the_client_shows_the_tools_behind_the_shim_and_the_score(line: str, tmp_path: Path) -> None:
    port, python = free_port(), mcp_python(line)
    with FakeSentinel().serve() as url:
        variables = environment(url, tmp_path)
        command = [python, str(DEMO / "mcp_shim.py"), "--upstream-cmd", " ".join(greeter(line, "stdio"))]
        with subprocess.Popen([*command, "--agent-name", "door", "--port", str(port)], env=variables) as shim:
            try:
                wait_for_port(port, shim)
                done = subprocess.run(
                    [python, str(DEMO / "test_shim.py"), "--url", f"http://127.0.0.1:{port}/sse"],
                    capture_output=True,
                    text=True,
                    env=variables,
                    timeout=PATIENCE_SECONDS,
                    check=False,
                )
            finally:
                shim.terminate()
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert lines[:6] == ["Tools available via shim (5):", "  greet", "  repeat", "  fail", "  wait", "  end"]
    assert lines[-2].startswith("Latest agent : door (")
    assert lines[-1].startswith("Fresh score  : ")


def test_without_a_shim_the_client_says_what_to_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [mcp_python("2"), str(DEMO / "test_shim.py"), "--url", f"http://127.0.0.1:{free_port()}/sse"],
        capture_output=True,
        text=True,
        env=environment("http://127.0.0.1:9", tmp_path),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "start demo/mcp_shim.py first" in done.stderr
    assert len(done.stderr.splitlines()) == 1

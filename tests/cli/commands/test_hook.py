"""`sentinel hook` as clients run it: a process, JSON on standard input, an exit code."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentsentinel_sdk.testing import FakeSentinel
from cli.scan.support import COMMAND
from patience import PATIENCE_SECONDS
from shim.hook.samples import PAYLOADS

WITHOUT = (
    "import sys; sys.modules['agentsentinel_shim'] = None; from agentsentinel_cli.app import main; sys.exit(main())"
)


def hook(
    home: Path, payload: object, *words: str, command: tuple[str | Path, ...] = (COMMAND,), **variables: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **variables}
    done = subprocess.run(
        [*command, "hook", *words],
        input=payload if isinstance(payload, str) else json.dumps(payload),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("client", PAYLOADS)
def test_a_call_of_each_client_reaches_the_server_by_a_process_of_its_own(client: str, tmp_path: Path) -> None:
    sentinel = FakeSentinel()
    with sentinel.serve() as url:
        for event in list(PAYLOADS[client])[:2]:
            words = ["--client", client, "--sentinel-url", url]
            words += ["--event", event] if client == "copilot" else []
            hook(tmp_path, PAYLOADS[client][event], *words, AGENTSENTINEL_API_KEY=sentinel.api_key)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not sentinel.events and time.monotonic() < deadline:
            time.sleep(0.05)
    (event_,) = sentinel.events
    assert (event_["channel"], event_["status"]) == ("hook", "ok")
    assert sentinel.agents[0]["name"].startswith(f"{client}:")


@pytest.mark.parametrize("payload", ["", "{", "null", "x" * 100_000])
def test_a_broken_payload_harms_no_client(payload: str, tmp_path: Path) -> None:
    hook(tmp_path, payload, "--client", "cursor")


def test_without_the_package_the_client_goes_on(tmp_path: Path) -> None:
    python = (Path(sys.executable), "-c", WITHOUT)
    hook(tmp_path, PAYLOADS["cursor"]["preToolUse"], "--client", "cursor", command=python)


def test_a_verb_without_the_package_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "hook", "status", "--client", "cursor"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "install agentsentinel-cli[shim]" in done.stderr


BROKEN = WITHOUT.replace("= None;", "= 1;")


@pytest.mark.parametrize("program", [WITHOUT, BROKEN], ids=["without the package", "with a broken one"])
def test_a_hook_that_enforces_and_cannot_run_refuses_the_call(program: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program, "hook", "--client", "cursor", "--enforce"],
        input=json.dumps(PAYLOADS["cursor"]["preToolUse"]),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1

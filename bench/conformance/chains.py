"""The ways to the upstream: directly, and through each form of the shim that serves HTTP."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsentinel_sdk.testing import FakeSentinel
from bench.processes import free_port, running, wait_until_listening

ENVIRONMENT = Path(__file__).parents[2] / ".venv-conformance" / "bin"
UPSTREAM = [str(ENVIRONMENT / "python"), str(Path(__file__).with_name("upstream.py"))]
CHAINS = {"direct": "directly", "http": "shim, `--upstream-url`", "stdio": "shim, `--upstream-cmd`"}
"""Name -> what the table calls it."""


@contextmanager
def start(chain: str, sentinel: str, folder: Path) -> Iterator[str]:
    """Run the upstream and what stands in front of it; gives the address of the MCP endpoint."""
    if chain == "direct":
        with listening([*UPSTREAM, "{port}"], folder / "upstream.log") as url:
            yield url
    elif chain == "http":
        with (
            listening([*UPSTREAM, "{port}"], folder / "upstream.log") as upstream,
            shim(["--upstream-url", upstream], sentinel, folder) as url,
        ):
            yield url
    else:
        with shim(["--upstream-cmd", shlex.join([*UPSTREAM, "stdio"])], sentinel, folder) as url:
            yield url


@contextmanager
def shim(options: list[str], sentinel: str, folder: Path) -> Iterator[str]:
    """Run `sentinel shim` with these options; gives the address of its MCP endpoint."""
    with listening(shim_command(options), folder / "shim.log", shim_variables(sentinel, folder)) as url:
        yield url


def shim_command(options: list[str]) -> list[str]:
    """Return the command of a shim with these options that listens on `{port}`."""
    command = [str(Path(sys.executable).with_name("sentinel")), "shim", "--agent-name", "conformance"]
    return [*command, "--port", "{port}", *options]


def shim_variables(sentinel: str, folder: Path) -> dict[str, str]:
    """Return the variables with which a shim reports to `sentinel`, and keeps its spool in `folder`."""
    return {
        "AGENTSENTINEL_API_KEY": FakeSentinel().api_key,
        "SENTINEL_URL": sentinel,
        "AGENTSENTINEL_SPOOL": str(folder / "spool"),
    }


@contextmanager
def listening(command: list[str], log: Path, variables: dict[str, str] | None = None) -> Iterator[str]:
    """Run a command on a free port, which takes the place of `{port}`; gives its address once it listens."""
    port = free_port()
    command = [word.replace("{port}", str(port)) for word in command]
    with running(command, log, {**os.environ, **(variables or {})}) as pid:
        wait_until_listening(port, pid, log)
        yield f"http://127.0.0.1:{port}/mcp"

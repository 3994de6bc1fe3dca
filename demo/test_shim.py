"""A client to try the MCP shim with: it lists the tools, calls up to five that only read, and shows the agent's score.

export AGENTSENTINEL_API_KEY=as_adm_...
python demo/test_shim.py --url http://localhost:8002/sse
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if not __package__:  # `python demo/test_shim.py` looks for modules in demo/, not in the checkout
    packages = Path(__file__).resolve().parents[1] / "packages"
    sys.path[:0] = [str(packages / name / "src") for name in ("sdk", "core")]

import httpx2

from agentsentinel_sdk import Client, SentinelError
from agentsentinel_sdk.client import DEFAULT_BASE_URL

SERVED = "/tmp"
"""The folder that the shim's example serves. The client makes one of its own in it, since there may be much in it."""
SETTLE_SECONDS = 3.0
"""Calls are reported after their answers: time for the last one to arrive."""


def calls_in(folder: str) -> dict[str, dict[str, Any]]:
    """Return calls of the filesystem server that change nothing; each is made if the tool is offered."""
    return {
        "list_directory": {"path": folder},
        "read_file": {"path": f"{folder}/hello.txt"},
        "get_file_info": {"path": f"{folder}/hello.txt"},
        "directory_tree": {"path": folder},
        "search_files": {"path": folder, "pattern": "*.txt"},
    }


async def call_tools(url: str, folder: str) -> None:
    """List the tools behind the shim, and call those of `calls_in`."""
    from mcp import ClientSession  # noqa: PLC0415 - `main` says how to install it
    from mcp.client.sse import sse_client  # noqa: PLC0415

    async with sse_client(url) as streams, ClientSession(*streams) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        print(f"Tools available via shim ({len(names)}):")
        for name in names:
            print(f"  {name}")
        for name, arguments in calls_in(folder).items():
            if name in names:
                print(f"Calling {name}({json.dumps(arguments)}) ...")
                await session.call_tool(name, arguments)


def show_score(api_key: str, base_url: str) -> None:
    """Print the score of the agent that was registered last. Raises SentinelError."""
    with Client(api_key, base_url) as sentinel:
        agents = sorted(sentinel.list_agents(), key=lambda agent: agent.created_at)
        if not agents:
            print("No agent is registered: is the shim running with the same AGENTSENTINEL_API_KEY?")
            return
        agent = agents[-1]
        score = sentinel.score(agent.id)
        print(f"Latest agent : {agent.name} ({agent.id})")
        print(f"Fresh score  : {score.trust_score} ({score.status})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the client; return its exit code."""
    parser = argparse.ArgumentParser(description="Try the MCP shim: list its tools, call some, show the score.")
    parser.add_argument("--url", default="http://localhost:8002/sse", help="the shim's address (%(default)s)")
    options = parser.parse_args(arguments)
    api_key = os.environ.get("AGENTSENTINEL_API_KEY", "")
    if not api_key:
        print("error: AGENTSENTINEL_API_KEY is not set", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="agentsentinel-", dir=SERVED) as folder:
            Path(folder, "hello.txt").write_text("hello\n", encoding="utf-8")
            asyncio.run(_run(options.url, folder))
        show_score(api_key, os.environ.get("SENTINEL_URL", DEFAULT_BASE_URL))
    except ModuleNotFoundError as error:
        print(f"error: {error.name} is missing: pip install -r demo/requirements.txt", file=sys.stderr)
        return 1
    except ConnectionError:
        print(f"error: no shim answers at {options.url}; start demo/mcp_shim.py first", file=sys.stderr)
        return 1
    except SentinelError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(url: str, folder: str) -> None:
    try:
        await call_tools(url, folder)
    except* httpx2.TransportError as errors:
        raise ConnectionError from errors
    await asyncio.sleep(SETTLE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())

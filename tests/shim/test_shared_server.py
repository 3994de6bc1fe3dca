"""`--shared`: one process of a stdio server for all clients, none of which notices the others."""

import concurrent.futures
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agentsentinel_sdk.testing import FakeSentinel
from forms import wide_after
from shim.support import greeter, seen_by, shim, wait_for_events
from shim.test_bridge import begin, call, children_of

CLIENTS = [("2", "auto", "/mcp"), ("2", "legacy", "/mcp"), ("1", "streamable", "/mcp"), ("1", "sse", "/sse")]


@pytest.fixture(scope="module")
def sentinel() -> FakeSentinel:
    """Return the server that the shim reports to."""
    return FakeSentinel()


@pytest.fixture(scope="module")
def shared(sentinel: FakeSentinel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Run the shim with a shared server; gives its address without a path, and its process id."""
    options = ["--shared", "--upstream-cmd", " ".join(greeter("1", "stdio"))]
    output = tmp_path_factory.mktemp("shim") / "output"
    with sentinel.serve() as url, shim(options, url, output) as (address, process):
        yield address, process.pid


@pytest.mark.parametrize(("line", "mode", "path"), wide_after(1, CLIENTS))
def test_every_client_sees_the_tools_and_each_call_is_one_event(
    line: str, mode: str, path: str, shared: tuple[str, int], sentinel: FakeSentinel
) -> None:
    before = len(sentinel.events)
    assert len(seen_by(line, mode, shared[0] + path)["tools"]) == 5
    assert len(wait_for_events(sentinel, before + 3)) == before + 3
    assert len(children_of(shared[1])) == 1


def test_the_same_ids_of_many_clients_at_once_never_mix(shared: tuple[str, int]) -> None:
    address, pid = shared
    with httpx2.Client(timeout=300) as client:
        sessions = [begin(client, address) for _ in range(5)]

        def ask(place: int) -> list[str]:
            return [call(client, address, sessions[place], id_, "greet", who=f"{place}-{id_}") for id_ in range(10)]

        with concurrent.futures.ThreadPoolExecutor(len(sessions)) as pool:
            answers = list(pool.map(ask, range(len(sessions))))
    for place, texts in enumerate(answers):
        assert all(f"hello {place}-{id_}" in text for id_, text in enumerate(texts))
    assert len(children_of(pid)) == 1


def test_when_it_ends_each_client_is_told_and_the_next_gets_another(shared: tuple[str, int]) -> None:
    address, pid = shared
    [old] = children_of(pid)
    with httpx2.Client(timeout=300) as client:
        first, second = begin(client, address), begin(client, address)
        assert "the MCP server has ended" in call(client, address, first, 1, "end")
        assert client.post(f"{address}/mcp", json={}, headers=second).status_code in (400, 404)
        assert "hello" in call(client, address, begin(client, address), 1, "greet", who="again")
    [new] = children_of(pid)
    assert new != old


def test_it_is_for_a_command_only(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="ended with 2"),
        shim(["--shared", "--upstream-url", "http://127.0.0.1:9/mcp"], "http://127.0.0.1:9", tmp_path / "output"),
    ):
        pass
    assert "--shared is for --upstream-cmd" in (tmp_path / "output").read_text()

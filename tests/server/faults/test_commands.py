"""What an operator types, and what is answered: one clear line, and an exit code that says how it went."""

import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agentsentinel import __version__
from agentsentinel.kit.ids import uuid7
from agentsentinel.schema import head
from server.faults.platform import Platform, new_platform, quick, run_command, wait_until
from server.support import COMMAND, SECRET, Server, event, free_port, launch, new_database, query

FAILED, REFUSED = 1, 2
REVOKED_SECONDS = 5.0
NOBODY_LISTENS = "postgresql://user:secret-word@127.0.0.1:1/none"
TITLES = [
    "INFO  Running upgrade  -> 0001, Initial schema with TimescaleDB hypertable",
    "INFO  Running upgrade 0001 -> 0002, Add api_keys table",
    "INFO  Running upgrade 0002 -> 0003, Bind agent-scoped API keys to a specific agent_id",
    "INFO  Running upgrade 0003 -> 0004, Invalidate all API keys created before the HMAC-SHA256 hash upgrade",
    "INFO  Running upgrade 0004 -> 0005, Counter journal",
    "INFO  Running upgrade 0005 -> 0006, Sign-in sessions for the dashboard, and what was decided about findings",
    "INFO  Running upgrade 0006 -> 0007, One list of counts in each journal row",
]
SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE;"
)
"""As the documentation tells people to type it."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


# --- migrate, doctor, --version


def test_the_version_is_told() -> None:
    told = subprocess.run([COMMAND, "--version"], env=quick(), capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (0, f"agentsentinel {__version__}\n")


def test_migrate_names_each_step_and_then_says_that_nothing_is_left(postgres_dsn: str) -> None:
    dsn = new_database(postgres_dsn)
    first = run_command("migrate", DATABASE_URL=dsn)
    assert (first.returncode, first.stdout.splitlines()) == (0, TITLES)
    again = run_command("migrate", DATABASE_URL=dsn)
    assert (again.returncode, again.stdout) == (0, "The schema is up to date.\n")
    assert query(dsn, "SELECT version_num FROM alembic_version") == [{"version_num": head()}]


def test_doctor_finds_a_prepared_platform_well(postgres_dsn: str) -> None:
    dsn = new_database(postgres_dsn)
    assert run_command("migrate", DATABASE_URL=dsn).returncode == 0
    well = run_command("doctor", DATABASE_URL=dsn, SECRET_KEY=SECRET)
    assert well.returncode == 0
    assert re.findall(r"^(\w+) +(\w+)", well.stdout, re.MULTILINE) == [
        ("OK", "secret"),
        ("OK", "disk"),
        ("OK", "database"),
        ("OK", "clock"),
        ("OK", "schema"),
        ("OK", "webhook"),
    ]


def test_doctor_names_a_missing_secret_and_how_to_make_one(postgres_dsn: str) -> None:
    ill = run_command("doctor", DATABASE_URL=new_database(postgres_dsn))
    assert ill.returncode == FAILED
    assert "FAILED  secret    SECRET_KEY is not set" in ill.stdout
    assert "openssl rand -hex 32" in ill.stdout
    assert "WARNING schema    is not up to date" in ill.stdout


def test_doctor_names_a_database_that_cannot_be_reached_and_never_its_password() -> None:
    ill = run_command("doctor", DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=SECRET)
    assert ill.returncode == FAILED
    assert "FAILED  database  cannot be reached" in ill.stdout
    assert "secret-word" not in ill.stdout + ill.stderr


def test_doctor_and_migrate_may_come_before_the_first_start() -> None:
    with new_platform() as fresh:
        doctor = fresh.run("doctor")
        assert doctor.returncode == 0, doctor.stdout
        assert fresh.run("migrate").stdout.splitlines() == TITLES
        assert fresh.postgres_pids() == []
        fresh.start()
        assert fresh.server.api.get("agents").status_code == 200


# --- settings


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("", "SECRET_KEY is not set"),
        ("changeme", "SECRET_KEY is shorter than 32 characters"),
        (SECRET[:31], "SECRET_KEY is shorter than 32 characters"),
        ("<generate: openssl rand -hex 32>", "SECRET_KEY still holds the text of the template"),
        ("a" * 64, "SECRET_KEY is easy to guess"),
    ],
)
def test_a_weak_secret_is_refused_before_anything_is_started(secret: str, problem: str) -> None:
    refused = run_command("up", "--port", "0", DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=secret)
    assert_one_line(refused, REFUSED, problem, "openssl rand -hex 32")


def test_a_missing_secret_is_refused_before_anything_is_started() -> None:
    assert_one_line(run_command("up", "--port", "0", DATABASE_URL=NOBODY_LISTENS), REFUSED, "SECRET_KEY is not set")


def test_a_weak_secret_is_accepted_when_that_is_asked_for(postgres_dsn: str, folder: Path) -> None:
    port = free_port()
    dsn = new_database(postgres_dsn)
    env = quick(DATABASE_URL=dsn, SECRET_KEY="changeme", SENTINEL_ALLOW_WEAK_SECRET="true")
    server = launch(["up", "--port", str(port)], port, folder / "log", dsn, env)
    assert server.api.get("agents").status_code == 200
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "LOUD"),
        ("EVENT_RETENTION_DAYS", "1"),
        ("POSTURE_RULESET", "some"),
        ("CORS_ORIGINS", '["*"]'),
        ("CORS_ORIGINS", "http://localhost:3000"),
        ("SLACK_WEBHOOK_URL", "http://hooks.slack.com/services/T/B/word-in-a-webhook"),
        ("DATABASE_URL", "mysql://user:word-in-a-url@localhost/db"),
        ("DATABASE_URL", "postgresql://user:word-in-a-url@local host:port/db"),
    ],
)
def test_a_bad_setting_is_named_in_one_line_without_its_secrets(name: str, value: str) -> None:
    refused = run_command("up", "--port", "0", **{"SECRET_KEY": SECRET, name: value})
    assert_one_line(refused, REFUSED, name)
    assert "word-in" not in refused.stderr


@pytest.mark.parametrize("command", [("up", "--port", "0"), ("migrate",), ("keys", "list")], ids=" ".join)
def test_an_unreachable_database_is_told_in_one_line(command: tuple[str, ...]) -> None:
    failed = run_command(*command, DATABASE_URL=NOBODY_LISTENS, SECRET_KEY=SECRET)
    assert_one_line(failed, FAILED, "database cannot be reached", "DATABASE_URL")
    assert "secret-word" not in failed.stderr


def test_keys_of_a_database_without_a_schema_are_not_a_riddle(postgres_dsn: str) -> None:
    failed = run_command("keys", "list", DATABASE_URL=new_database(postgres_dsn), SECRET_KEY=SECRET)
    assert_one_line(failed, FAILED, "agentsentinel migrate")


# --- secret and keys


def test_the_embedded_secret_is_made_once_and_private(platform: Platform) -> None:
    path = platform.data_dir / "secret-key"
    secret = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", secret)
    platform.server.stop()
    platform.start()
    assert path.read_text() == secret
    assert platform.server.api.get("agents").status_code == 200


def test_a_lost_secret_is_not_replaced_in_silence(platform: Platform) -> None:
    path = platform.data_dir / "secret-key"
    secret = path.read_text()
    platform.server.stop()
    path.unlink()
    assert_one_line(platform.run("up", "--port", "0"), REFUSED, str(path), "restore it")
    path.write_text(secret)
    assert_one_line(platform.run("up", "--port", "0"), REFUSED, "can be read by others", "chmod 600")
    path.chmod(0o600)


@pytest.mark.parametrize("is_running", [True, False], ids=["server running", "server stopped"])
def test_keys_are_made_listed_and_revoked_beside_a_server_or_without_one(
    platform: Platform, *, is_running: bool
) -> None:
    if not is_running:
        platform.server.stop()
    created = platform.run("keys", "create", "--name", "for the dashboard", "--scope", "readonly")
    key = created.stdout.strip()
    assert re.fullmatch(r"as_ro_[0-9a-f]{64}", key), created.stderr
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


def test_the_last_admin_key_cannot_be_revoked(platform: Platform) -> None:
    (line,) = [line for line in platform.run("keys", "list").stdout.splitlines() if " admin " in line]
    assert_one_line(platform.run("keys", "revoke", line.split()[0]), FAILED, "last admin key")


def test_an_agent_key_needs_its_agent(platform: Platform) -> None:
    create = ("keys", "create", "--name", "n", "--scope", "agent")
    assert_one_line(platform.run(*create), REFUSED, "--agent-id")
    nobody = "00000000-0000-7000-8000-000000000000"
    assert_one_line(platform.run(*create, "--agent-id", nobody), FAILED, "no agent")


# --- reset


@pytest.mark.parametrize("by_hand", [False, True], ids=["reset --soft", "TRUNCATE by hand"])
def test_a_soft_reset_keeps_the_keys_and_a_running_server_notices(platform: Platform, *, by_hand: bool) -> None:
    server = platform.server
    old_agent = server.new_agent()
    agent_key = server.new_key("agent", old_agent)
    event_id = str(uuid7(time.time()))
    server.report(old_agent, event_id=event_id)
    keys = query(platform.dsn, "SELECT * FROM api_keys ORDER BY id")

    if by_hand:
        query(platform.dsn, SOFT_RESET)
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
    new_agent = server.new_agent()
    assert server.report(new_agent, event_id=event_id)["event_id"] == event_id
    assert server.wait_for_score(new_agent, events=1)["behavior_score"] is not None
    assert query(platform.dsn, "SELECT count(*) AS n FROM agent_events") == [{"n": 1}]


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
    assert run_command("migrate", DATABASE_URL=dsn).returncode == 0
    assert run_command("reset", "--hard", "--yes", DATABASE_URL=dsn).returncode == 0
    tables = query(dsn, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    assert {row["relname"] for row in tables} <= {"alembic_version"}
    assert run_command("migrate", DATABASE_URL=dsn).stdout.splitlines() == TITLES


def assert_left_empty(dsn: str) -> None:
    for table in ("agent_activity", "agent_minutes", "tool_usage", "tool_minutes", "tool_hours", "score_history"):
        assert query(dsn, f"SELECT count(*) AS n FROM {table}") == [{"n": 0}], table


def assert_one_line(refused: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert refused.returncode == code, refused.stderr
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert [word for word in words if word not in refused.stderr] == [], refused.stderr

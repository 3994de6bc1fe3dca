"""What an operator types, and what is answered: one clear line, and an exit code that says how it went."""

import asyncio
import os
import pty
import re
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from agentsentinel import __version__
from agentsentinel.commands import port as port_module
from agentsentinel.kit.ids import uuid7
from agentsentinel.schema import head
from server.faults.embedded_platform import Platform, new_platform, run_command, wait_until
from server.support import COMMAND, SECRET, Server, environment, event, free_port, launch, new_database, query

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
    "INFO  Running upgrade 0007 -> 0008, Audit log, and keys that expire and are rotated",
    "INFO  Running upgrade 0008 -> 0009, One call, one event",
    "INFO  Running upgrade 0009 -> 0010, The audit log of one agent, key or session",
    "INFO  Running upgrade 0010 -> 0011, Removal in steps, sessions by an index",
]
SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE;"
)
"""The soft reset, typed as the documentation shows it."""
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'TRUNCATE%'"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


# --- migrate, doctor, --version


def test_the_version_is_told() -> None:
    told = subprocess.run(
        [COMMAND, "--version"], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (told.returncode, told.stdout) == (0, f"agentsentinel {__version__}\n")


def test_the_version_and_the_help_are_shown_without_loading_the_server() -> None:
    script = (
        "import sys; sys.argv = ['agentsentinel', sys.argv[1]]\nfrom agentsentinel.main import main\n"
        "try: main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    heavy = {"sqlalchemy", "fastapi", "pydantic", "uvicorn", "alembic", "asyncpg", "structlog", "httpx2", "uvloop"}
    for option, most in (("--version", 250), ("-h", 500)):
        command = [sys.executable, "-c", script, option]
        told = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=True)
        loaded = told.stdout.splitlines()[-1].split()
        assert heavy & set(loaded) == set()
        assert len(loaded) < most


@pytest.mark.parametrize("command", ["", "up", "migrate", "doctor", "reset", "sign-in-link", "keys", "keys list"])
def test_every_command_takes_the_short_option_for_help(command: str) -> None:
    short, long = (run_command(*command.split(), option) for option in ("-h", "--help"))
    assert (short.returncode, short.stdout) == (0, long.stdout)
    assert "Usage: agentsentinel" in short.stdout


@pytest.mark.parametrize("name", ["\x1b[2Jgone", "two\nlines", "\u202eesrever", "a\rb"])
def test_the_name_of_a_key_cannot_steer_the_terminal(postgres_dsn: str, name: str) -> None:
    dsn = new_database(postgres_dsn)
    run_command("keys", "create", "--name", name, DATABASE_URL=migrated(dsn), SECRET_KEY=SECRET)
    listed = run_command("keys", "list", DATABASE_URL=dsn, SECRET_KEY=SECRET).stdout
    assert listed.removesuffix("\n").isprintable()
    assert listed.rstrip("\n").endswith(name.encode("unicode_escape").decode())


def migrated(dsn: str) -> str:
    """Migrate the test's database to the newest schema."""
    assert run_command("migrate", DATABASE_URL=dsn).returncode == 0
    return dsn


def test_a_start_at_a_terminal_speaks_to_people_and_names_key_and_link_last() -> None:
    with new_platform() as fresh:
        start = ("up", "--port", str(fresh.port), "--data-dir", str(fresh.data_dir))
        lines, again = at_a_terminal(*start), at_a_terminal(*start)
    assert lines[0] == "Starting the database ..."
    assert [line for line in lines if line.startswith("{")] == []
    assert [line for line in [*lines, *again] if len(line) > 80 and str(fresh.data_dir) not in line] == []
    box = lines.index("  AGENTSENTINEL BOOTSTRAP ADMIN KEY")
    assert lines[box + 3].startswith("  as_adm_")
    assert [line.split()[0] for line in lines[box + 5 : -1]] == ["Use", "Sign"]
    assert lines[-1].startswith(f"  http://localhost:{fresh.port}/sign-in#")
    assert [line.split()[0] for line in again[-2:]] == ["Sign", "Lost"]


def at_a_terminal(*arguments: str) -> list[str]:
    """Return what a start writes to a terminal, up to the line that says how to sign in or make a key."""
    terminal, inner = pty.openpty()
    with subprocess.Popen([COMMAND, *arguments], stdout=inner, stderr=inner, env=environment()) as process:
        os.close(inner)
        text = b""
        while b"/sign-in#" not in text and b"Lost key" not in text:
            text += os.read(terminal, 65536)
        process.terminate()
        process.wait(30)
    os.close(terminal)
    return text.decode().splitlines()


def test_a_taken_port_is_told_with_the_server_that_has_it(server: Server, folder: Path) -> None:
    port = server.address[1]
    command = [sys.executable, str(Path(port_module.__file__)), str(port)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout) == (1, "")
    assert f"AgentSentinel already runs on http://localhost:{port}/" in told.stderr
    started = run_command("up", "--port", str(port), "--data-dir", str(folder / "data"))
    assert_one_line(started, REFUSED, f"already runs on http://localhost:{port}/", f"PORT={port + 1}")


def test_a_port_that_another_program_has_is_not_called_ours() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        problem = port_module.explain_taken("127.0.0.1", other.getsockname()[1])
    assert problem is not None
    assert problem.startswith("Cannot listen on 127.0.0.1:")
    assert port_module.explain_taken("127.0.0.1", free_port()) is None


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
        ("OK", "keys"),
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
    assert "FAILED  database  The database cannot be reached" in ill.stdout
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


def test_settings_are_read_from_a_file_and_the_environment_wins(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = new_database(postgres_dsn)
    file = tmp_path / "settings"
    file.write_text(f'DATABASE_URL="{dsn}"\nSECRET_KEY="{SECRET}"\nUNKNOWN=1\n')
    assert run_command("migrate", AGENTSENTINEL_ENV_FILE=str(file)).returncode == 0
    assert run_command("keys", "list", AGENTSENTINEL_ENV_FILE=str(file)).returncode == 0
    told = run_command("keys", "list", AGENTSENTINEL_ENV_FILE=str(file), DATABASE_URL=NOBODY_LISTENS)
    assert_one_line(told, FAILED, "cannot be reached")


def test_dot_env_of_the_folder_is_read(tmp_path: Path) -> None:
    env = environment()
    del env["AGENTSENTINEL_ENV_FILE"]
    (tmp_path / ".env").write_text("DATABASE_URL=mysql://u:a-word@h/d\nSECRET_KEY=x\n")
    told = subprocess.run(
        [COMMAND, "migrate"], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert_one_line(told, REFUSED, "DATABASE_URL must be a postgresql:// address")


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_a_text_of_the_template_that_was_left_in_is_named(name: str, tmp_path: Path) -> None:
    lines = {"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PASSWORD": "a-word", "SECRET_KEY": SECRET}
    lines[name] = "<generate: openssl rand -hex 24>"
    file = tmp_path / "settings"
    file.write_text("".join(f'{key}="{value}"\n' for key, value in lines.items()))
    told = run_command("up", "--port", "0", AGENTSENTINEL_ENV_FILE=str(file))
    assert_one_line(told, REFUSED, f"{name} still holds the text of the template", "openssl rand -hex")


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
    env = environment(DATABASE_URL=dsn, SECRET_KEY="changeme", SENTINEL_ALLOW_WEAK_SECRET="true")
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
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("TRUSTED_PROXIES", '["proxy.example.com"]'),
        ("FAILED_SIGN_INS_PER_MINUTE", "0"),
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


# --- another secret

OTHER_SECRET = SECRET[::-1]


def test_another_secret_is_pointed_out_at_the_start_by_doctor_and_wherever_a_key_would_be_void(
    postgres_dsn: str, folder: Path
) -> None:
    dsn = new_database(postgres_dsn)
    right, wrong = {"DATABASE_URL": dsn, "SECRET_KEY": SECRET}, {"DATABASE_URL": dsn, "SECRET_KEY": OTHER_SECRET}
    port = free_port()
    server = launch(["up", "--port", str(port)], port, folder / "log", dsn, environment(**right))
    assert server.stop() == 0

    assert "OK      keys      fit the secret" in run_command("doctor", **right).stdout
    ill = run_command("doctor", **wrong)
    assert ill.returncode == FAILED
    assert "FAILED  keys      were made with another SECRET_KEY: every one is refused" in ill.stdout
    assert "keys revoke --all" in ill.stdout
    for command in (
        ("up", "--port", "0"),
        ("keys", "create", "--name", "n", "--scope", "admin"),
        ("keys", "rotate", str(uuid7(time.time()))),
        ("sign-in-link",),
    ):
        refused = run_command(*command, **wrong)
        assert_one_line(refused, REFUSED, "SECRET_KEY is not the one", "Restore the former", "keys revoke --all")
        assert OTHER_SECRET not in refused.stderr
    assert query(dsn, "SELECT count(*) AS n FROM api_keys") == [{"n": 1}]
    stored = str(query(dsn, "SELECT * FROM server_facts"))
    assert SECRET not in stored


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
    if not by_hand:
        assert query(platform.dsn, "SELECT FROM event_receipts") == []
    new_agent = server.new_agent()
    assert server.report(new_agent, event_id=event_id)["event_id"] == event_id
    assert server.wait_for_score(new_agent, events=1)["behavior_score"] is not None
    assert query(platform.dsn, "SELECT count(*) AS n FROM agent_events") == [{"n": 1}]


def test_a_soft_reset_tries_again_when_it_and_the_server_wait_for_each_other(platform: Platform) -> None:
    agent_id = platform.server.new_agent()

    async def work_on_two_tables(reset: Callable[[], Awaitable[str]]) -> str:
        connection = await asyncpg.connect(platform.dsn)
        try:
            async with connection.transaction():
                await connection.execute("UPDATE agents SET name = name WHERE id = $1", UUID(agent_id))
                told = asyncio.ensure_future(reset())
                await asyncio.to_thread(wait_until, lambda: bool(query(platform.dsn, WAITING)), 20, "the reset waits")
                await connection.fetchval("SELECT count(*) FROM agent_events")
            return await told
        finally:
            await connection.close()

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

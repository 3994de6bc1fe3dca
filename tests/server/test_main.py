"""The command `agentsentinel`: version, help and settings, without loading what it does not need."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel import __version__
from ports import free_port
from server.commands.support import FAILED, NOBODY_LISTENS, REFUSED, assert_one_line
from server.faults.embedded_platform import run_command
from server.support import COMMAND, SECRET, empty_database, environment, launch, new_database

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


@pytest.mark.parametrize(
    "command", ["", "up", "api", "worker", "migrate", "doctor", "reset", "sign-in-link", "keys", "keys list"]
)
def test_every_command_takes_the_short_option_for_help(command: str) -> None:
    short, long = (run_command(*command.split(), option) for option in ("-h", "--help"))
    assert (short.returncode, short.stdout) == (0, long.stdout)
    assert "Usage: agentsentinel" in short.stdout


@pytest.mark.parametrize("command", ["api", "worker"])
@pytest.mark.parametrize(
    ("settings", "missing"),
    [({}, "DATABASE_URL"), ({"DATABASE_URL": NOBODY_LISTENS}, "REDIS_URL")],
    ids=["no database", "no Redis"],
)
def test_one_of_several_processes_says_what_they_share(
    command: str, settings: dict[str, str], missing: str, tmp_path: Path
) -> None:
    settings = {"SECRET_KEY": SECRET, "AGENTSENTINEL_DATA_DIR": str(tmp_path), **settings}
    refused = run_command(command, "--port", "0", **settings)
    assert refused.returncode == 2
    assert f"set {missing}" in re.sub(r"[\s│]+", " ", refused.stderr)


# --- settings


def test_settings_are_read_from_a_file_and_the_environment_wins(postgres_dsn: str, tmp_path: Path) -> None:
    dsn = empty_database(postgres_dsn)
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
        ("REDIS_URL", "http://user:word-in-a-url@localhost/0"),
        ("DATABASE_URL", "postgresql://user:word-in-a-url@local host:port/db"),
    ],
)
def test_a_bad_setting_is_named_in_one_line_without_its_secrets(name: str, value: str) -> None:
    refused = run_command("up", "--port", "0", **{"SECRET_KEY": SECRET, name: value})
    assert_one_line(refused, REFUSED, name)
    assert "word-in" not in refused.stderr

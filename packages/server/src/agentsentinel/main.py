"""The `agentsentinel` command."""

import asyncio
import shutil
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import typer
import uvloop
from pydantic import ValidationError
from sqlalchemy import text

from agentsentinel import __version__
from agentsentinel import logging as logs
from agentsentinel.auth.principal import KeyScope
from agentsentinel.commands.doctor import Verdict, examine
from agentsentinel.commands.home import AlreadyRunning, Home
from agentsentinel.commands.serve import serve
from agentsentinel.config import ConfigError, Settings
from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.errors import ServiceError, is_database_unavailable, is_schema_missing
from agentsentinel.keys import service as keys_service
from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import now
from agentsentinel.schema import migrate, take_back

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="One Trust Score for every AI agent, with its reasons."
)
keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys.")
app.add_typer(keys, name="keys")

T = TypeVar("T")
DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded platform keeps its data (or AGENTSENTINEL_DATA_DIR).", show_default=False),
]

SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE"
)


@app.command()
def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 9000,
    data_dir: DataDir = None,
) -> None:
    """Start the platform: database, API and worker in one process. With DATABASE_URL it uses that PostgreSQL."""
    home = _home(data_dir)
    logs.configure(home.settings.log_level)
    _run(serve(home, host, port))


@app.command("migrate")
def migrate_command(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date."""

    async def run() -> list[str]:
        async with home.database_url() as url:
            return await migrate(url)

    home = _home(data_dir)
    steps = _run(run())
    for step in steps:
        print(f"INFO  {step}")
    if not steps:
        print("The schema is up to date.")


@app.command()
def doctor(
    data_dir: DataDir = None,
    send_test_alert: Annotated[bool, typer.Option("--send-test-alert", help="Send a real message to Slack.")] = False,
) -> None:
    """Check secret, database, clock, disk and webhook, and name the next step. Exit 1 when something has failed."""

    async def run() -> bool:
        is_well = True
        async for check in examine(home, send_test_alert=send_test_alert):
            print(f"{check.verdict.upper():<8}{check.name:<10}{check.detail}")
            if check.next_step:
                print(f"{'':<18}-> {check.next_step}")
            is_well = is_well and check.verdict is not Verdict.FAILED
        return is_well

    home = _home(data_dir)
    if not _run(run()):
        raise typer.Exit(1)


@app.command()
def reset(
    soft: Annotated[bool, typer.Option("--soft", help="Delete all agents and events, keep the keys.")] = False,
    hard: Annotated[bool, typer.Option("--hard", help="Delete everything, the keys too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Delete data: --soft keeps the API keys, --hard keeps nothing."""
    if soft == hard:
        _fail("Say which: --soft (keeps the API keys) or --hard (keeps nothing)", 2)
    home = _home(data_dir)
    what = "all agents, events, findings and baselines" if soft else "everything, the API keys too,"
    where = home.data_dir if home.postgres else "the database of DATABASE_URL"
    if not yes and not typer.confirm(f"Delete {what} in {where}?"):
        _fail("Nothing was deleted.", 1)
    _run(_reset_soft(home) if soft else _reset_hard(home))
    print(f"Deleted {what.rstrip(',')}." if soft else "Deleted everything. The next start makes a new bootstrap key.")


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[KeyScope, typer.Option(help="What the key may do.")] = KeyScope.READONLY,
    agent_id: Annotated[
        UUID | None, typer.Option(help="The agent of a key of scope agent.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, this once."""

    async def run() -> str:
        async with home.database_url() as url, _database(url).transaction() as session:
            _, key = await keys_service.create_key(session, home.secret(), name, scope, agent_id, now())
        return key

    if (scope is KeyScope.AGENT) != (agent_id is not None):
        _fail("--agent-id is needed for --scope agent, and only there", 2)
    home = _home(data_dir)
    print(_run(run()))


@keys.command("list")
def list_keys(
    include_revoked: Annotated[bool, typer.Option("--all", help="Revoked keys too.")] = False, data_dir: DataDir = None
) -> None:
    """List the keys, newest first."""

    async def run() -> None:
        async with home.database_url() as url, _database(url).transaction() as session:
            for row in await keys_service.list_keys(session, 500, 0, include_revoked=include_revoked):
                used = f"used {row.last_used_at:%Y-%m-%d %H:%M}Z" if row.last_used_at else "never used"
                state = "live" if row.is_active else "revoked"
                print(f"{row.id}  {row.scope:<8}  {row.key_prefix}…  {state:<7}  {used:<22}  {row.name}")

    home = _home(data_dir)
    _run(run())


@keys.command("revoke")
def revoke_key(key_id: Annotated[UUID, typer.Argument(help="The key's id.")], data_dir: DataDir = None) -> None:
    """Revoke a key; it is dead everywhere within seconds."""

    async def run() -> None:
        async with home.database_url() as url, _database(url).transaction() as session:
            await keys_service.revoke_key(session, key_id, now())

    home = _home(data_dir)
    _run(run())
    print(f"Revoked {key_id}.")


def _version(value: bool) -> None:
    if value:
        print(f"agentsentinel {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    """One Trust Score for every AI agent, with its reasons."""


def main() -> None:
    """Entry point."""
    app()


async def _reset_soft(home: Home) -> None:
    async with home.database_url() as url, _database(url).transaction() as session:
        await session.execute(text(SOFT_RESET))


async def _reset_hard(home: Home) -> None:
    if home.postgres is None:
        await take_back(home.settings.require_database_url())
        return
    with home.hold():
        await home.postgres.stop()
        for path in home.data_dir.glob("postgres*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (home.data_dir / "secret-key").unlink(missing_ok=True)


def _database(url: str) -> Database:
    return Database(url)


def _home(data_dir: Path | None) -> Home:
    try:
        return Home(Settings(), data_dir)
    except ValidationError as error:
        problems = [
            f"{str(one['loc'][0]).upper() if one['loc'] else ''} {one['msg'].removeprefix('Value error, ')}".strip()
            for one in error.errors()
        ]
        _fail("\n".join(problems), 2)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what went wrong becomes one clear line and an exit code."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except asyncio.CancelledError:  # SIGTERM while starting
        raise typer.Exit(143) from None
    except (ConfigError, AlreadyRunning, EmbeddedPostgresError) as error:
        _fail(str(error), 2)
    except ServiceError as error:
        _fail(error.detail, 1)
    except Exception as error:
        if is_schema_missing(error):
            _fail("The database has no schema yet, or an older one: run `agentsentinel migrate`", 1)
        if is_database_unavailable(error):
            reason = _first_line(error)
            _fail(f"The database cannot be reached ({reason}): check DATABASE_URL, or try `agentsentinel doctor`", 1)
        raise


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _fail(message: str, code: int) -> NoReturn:
    print(f"agentsentinel: {message}", file=sys.stderr)
    raise typer.Exit(code)

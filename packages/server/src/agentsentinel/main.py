"""The `agentsentinel` command."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import typer
import uvloop
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel import __version__
from agentsentinel import logging as logs
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.principal import COMMAND_LINE, KeyScope
from agentsentinel.commands.doctor import Verdict, examine
from agentsentinel.commands.home import AlreadyRunning, Home
from agentsentinel.commands.serve import serve
from agentsentinel.config import ConfigError, Settings, describe_invalid_settings
from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.errors import NotFound, ServiceError, is_deadlock
from agentsentinel.keys import service as keys_service
from agentsentinel.keys.secret import adopt_secret, require_secret
from agentsentinel.kit.database import Database
from agentsentinel.kit.database_errors import explain_database_error
from agentsentinel.kit.durations import parse_duration
from agentsentinel.kit.ids import now
from agentsentinel.kit.pages import Window
from agentsentinel.models import KeyRow
from agentsentinel.schema import migrate, take_back
from agentsentinel.sign_in.service import make_link_token

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="One Trust Score for every AI agent, with its reasons."
)
keys = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke API keys.")
app.add_typer(keys, name="keys")

T = TypeVar("T")
DataDir = Annotated[
    Path | None,
    typer.Option(help="Where the embedded platform keeps its data (or AGENTSENTINEL_DATA_DIR).", show_default=False),
]

DEFAULT_URL = "http://localhost:9000"


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Expires = Annotated[
    timedelta | None,
    typer.Option(
        parser=_duration,
        metavar="TIME",
        help="When the key ends by itself: 30d, 12h. Default: never.",
        show_default=False,
    ),
]
NewExpires = Annotated[
    timedelta | None,
    typer.Option(
        parser=_duration,
        metavar="TIME",
        help="When the new key ends by itself. Default: after as long as the old one was to live.",
        show_default=False,
    ),
]

SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE"
)

RESET_TRIES = 5


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
    expires: Expires = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it, this once."""

    async def run() -> str:
        async with _keys(home) as (session, secret):
            moment = now()
            new = keys_service.NewKey(name, scope, agent_id, moment + expires if expires else None)
            return (await keys_service.create_key(session, secret, new, moment, COMMAND_LINE)).text

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
            moment = now()
            for row in await keys_service.list_keys(session, moment, Window(), include_revoked=include_revoked):
                used = f"used {row.last_used_at:%Y-%m-%d %H:%M}Z" if row.last_used_at else "never used"
                print(f"{row.id}  {row.scope:<8}  {row.key_prefix}…  {_state(row, moment):<16}  {used:<22}  {row.name}")

    home = _home(data_dir)
    _run(run())


@keys.command("rotate")
def rotate_key(
    key_id: Annotated[UUID, typer.Argument(help="The key's id.")],
    overlap: Annotated[
        timedelta, typer.Option(parser=_duration, metavar="TIME", help="How long the old key goes on working.")
    ] = "24h",  # type: ignore[assignment]  # typer parses its default
    expires: NewExpires = None,
    data_dir: DataDir = None,
) -> None:
    """Make a key in the place of another one and print it, this once. Both work for a day, or --overlap."""

    async def run() -> str:
        async with _keys(home) as (session, secret):
            moment = now()
            end = moment + expires if expires else None
            made = await keys_service.rotate_key(session, secret, key_id, overlap, end, moment, COMMAND_LINE)
            return made.text

    home = _home(data_dir)
    print(_run(run()))


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[UUID | None, typer.Argument(help="The key's id.", show_default=False)] = None,
    revoke_all: Annotated[
        bool, typer.Option("--all", help="All keys, the last admin key too; the next start makes a new one.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Revoke a key; it is dead everywhere within seconds."""

    async def run_one(key_id: UUID) -> str:
        async with home.database_url() as url, _database(url).transaction() as session:
            await keys_service.revoke_key(session, key_id, now(), COMMAND_LINE)
        return f"Revoked {key_id}."

    async def run_all() -> str:
        async with home.database_url() as url, _database(url).transaction() as session:
            number = await keys_service.revoke_all(session, now(), COMMAND_LINE)
            await adopt_secret(session, home.secret())
        return f"Revoked all keys ({number}). The next start makes a new admin key."

    if (key_id is None) != revoke_all:
        _fail("Say which: the id of a key, or --all", 2)
    home = _home(data_dir)
    if revoke_all and not yes and not typer.confirm("Revoke every key? Agents and people are locked out at once."):
        _fail("Nothing was revoked.", 1)
    print(_run(run_all() if key_id is None else run_one(key_id)))


@app.command("sign-in-link")
def sign_in_link(
    key_id: Annotated[
        UUID | None,
        typer.Option(
            help="Whose rights the link gives: an admin or readonly key's. Default: an admin key.", show_default=False
        ),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Where the dashboard is. Default: where the server listens.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a new link that signs in to the dashboard once, within the hour."""

    async def run() -> str:
        async with _keys(home) as (session, secret):
            moment = now()
            key = (
                await keys_service.find_admin(session, moment) if key_id is None else await session.get(KeyRow, key_id)
            )
            if key is None or not key.is_live(moment):
                raise NotFound("There is no such live key: see `agentsentinel keys list`")
            return await make_link_token(session, secret, key, moment, COMMAND_LINE)

    home = _home(data_dir)
    running_at = home.server_address()
    token = _run(run())
    print(f"{(url or running_at or DEFAULT_URL).rstrip('/')}/sign-in#{token}")
    if home.postgres is not None and running_at is None:
        print("The platform is not running: start it within the hour with `agentsentinel up`.", file=sys.stderr)


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
    async with home.database_url() as url:
        await _truncate(_database(url))


async def _truncate(database: Database, tries: int = RESET_TRIES) -> None:
    """It takes all tables from a running server that works with some of them, and then one of the two must yield."""
    try:
        async with database.transaction() as session:
            await session.execute(text(SOFT_RESET))
            audit.record(session, COMMAND_LINE, Action.DATA_RESET, now(), detail="all agents and events")
    except DBAPIError as error:
        if tries == 1 or not is_deadlock(error):
            raise
        await _truncate(database, tries - 1)


async def _reset_hard(home: Home) -> None:
    if home.postgres is None:
        await take_back(home.settings.require_database_url())
        return
    with home.hold():
        await home.postgres.stop()
        for path in home.data_dir.glob("postgres*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (home.data_dir / "secret-key").unlink(missing_ok=True)


@asynccontextmanager
async def _keys(home: Home) -> AsyncIterator[tuple[AsyncSession, bytes]]:
    """A transaction for work with keys, and the secret, once it is known to be the right one."""
    async with home.database_url() as url, _database(url).transaction() as session:
        secret = home.secret()
        await require_secret(session, secret)
        yield session, secret


def _state(row: KeyRow, moment: datetime) -> str:
    if not row.is_live(moment):
        return "expired" if row.is_active else "revoked"
    return "live" if row.expires_at is None else f"until {row.expires_at:%Y-%m-%d}"


def _database(url: str) -> Database:
    return Database(url)


def _home(data_dir: Path | None) -> Home:
    try:
        return Home(Settings(), data_dir)
    except ValidationError as error:
        _fail("\n".join(describe_invalid_settings(error)), 2)


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
        trouble = explain_database_error(error)
        if trouble is not None:
            _fail(str(trouble), 1)
        if isinstance(error, OSError):
            _fail(f"{error.filename}: {error.strerror}", 1)
        raise


def _fail(message: str, code: int) -> NoReturn:
    print(f"agentsentinel: {message}", file=sys.stderr)
    raise typer.Exit(code)

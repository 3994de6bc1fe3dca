"""The work of each command. `agentsentinel.main` imports this when a command runs, not for `--version` and `--help`."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import typer
import uvloop
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel import log_config as logs
from agentsentinel.agents import repository as agents_repository
from agentsentinel.agents import service as agents_service
from agentsentinel.agents.schemas import LONGEST_REASON
from agentsentinel.audit import service as audit
from agentsentinel.audit.actions import Action
from agentsentinel.auth.principal import COMMAND_LINE, KeyScope
from agentsentinel.commands.data_directory import AlreadyRunning, DataDirectory
from agentsentinel.commands.doctor import Verdict, examine
from agentsentinel.commands.replay import ReplayError, replay
from agentsentinel.commands.serve import serve
from agentsentinel.composition import Role
from agentsentinel.config import ConfigError, describe_invalid_settings, read_settings
from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.errors import NotFound, ServiceError
from agentsentinel.keys import repository as keys_repository
from agentsentinel.keys import service as keys_service
from agentsentinel.keys.secret import adopt_secret, require_secret
from agentsentinel.kit.database import Database
from agentsentinel.kit.database_errors import explain_database_error, is_deadlock
from agentsentinel.kit.ids import now
from agentsentinel.kit.text import printable
from agentsentinel.kit.windows import Window
from agentsentinel.models import KeyRow
from agentsentinel.schema import downgrade, migrate
from agentsentinel.sign_in.service import make_link_token

T = TypeVar("T")

DEFAULT_URL = "http://localhost:9000"
SOFT_RESET = (
    "TRUNCATE TABLE agent_events, findings, baselines, tool_grants, mcp_connections, agents RESTART IDENTITY CASCADE"
)

FORGET_EVENT_IDS = "TRUNCATE TABLE event_receipts, call_reports, counter_journal"
"""Statement that deletes the receipts of deleted events, so that their event ids can be used again."""
RESET_TRIES = 5


def start_platform(host: str, port: int, data_dir: Path | None, role: Role = Role.ALL) -> None:
    """Run the platform, or one process of it, until it is stopped by a signal."""
    data_directory = _data_directory(data_dir)
    settings = data_directory.settings
    if role is not Role.ALL and (settings.is_embedded or settings.redis_url is None):
        missing = "DATABASE_URL" if settings.is_embedded else "REDIS_URL"
        raise typer.BadParameter(
            f"`agentsentinel {role.value}` is one of several processes: set {missing}, which they share,"
            " or use `agentsentinel up` for a platform in one process"
        )
    logs.configure(data_directory.settings.log_level)
    _run(serve(data_directory, host, port, role))


def bring_schema_up_to_date(data_dir: Path | None) -> None:
    """Apply the missing migrations, and print each step."""

    async def run() -> list[str]:
        async with data_directory.database_url() as url:
            return await migrate(url)

    data_directory = _data_directory(data_dir)
    steps = _run(run())
    for step in steps:
        print(f"INFO  {step}")
    if not steps:
        print("The schema is up to date.")


def print_checks(data_dir: Path | None, *, send_test_alert: bool) -> None:
    """Print the checks of `doctor`; exit with code 1 when a check has failed."""

    async def run() -> bool:
        is_well = True
        async for check in examine(data_directory, send_test_alert=send_test_alert):
            print(f"{check.verdict.upper():<8}{check.name:<10}{check.detail}")
            if check.next_step:
                print(f"{'':<18}-> {check.next_step}")
            is_well = is_well and check.verdict is not Verdict.FAILED
        return is_well

    data_directory = _data_directory(data_dir)
    if not _run(run()):
        raise typer.Exit(1)


def delete_data(data_dir: Path | None, *, soft: bool, hard: bool, yes: bool) -> None:
    """Delete all data but the keys, or everything."""
    if soft == hard:
        _fail("Choose one: --soft (keeps the API keys) or --hard (keeps nothing)", 2)
    data_directory = _data_directory(data_dir)
    what = "all agents, events, findings and baselines" if soft else "everything, the API keys too,"
    where = data_directory.data_dir if data_directory.postgres else "the database of DATABASE_URL"
    if not yes and not typer.confirm(f"Delete {what} in {where}?"):
        _fail("Nothing was deleted.", 1)
    _run(_reset_soft(data_directory) if soft else _reset_hard(data_directory))
    print(f"Deleted {what.rstrip(',')}." if soft else "Deleted everything. The next start makes a new bootstrap key.")


def replay_events(
    history: Path, live: Path, grants: Path, out: Path, field: str, constants: Path | None = None
) -> None:
    """Score recorded events, write the scores and print how many there are."""
    try:
        number = replay(history, live, grants, out, field, constants)
    except ReplayError as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(f"{error.filename or live}: {error.strerror or error}", 2)
    print(f"Wrote {number} scores ({field}) to {out}.")


def create_key(
    name: str, scope: KeyScope, agent_id: UUID | None, expires: timedelta | None, data_dir: Path | None
) -> None:
    """Create a key and print it."""

    async def run() -> str:
        async with _keys(data_directory) as (session, secret):
            moment = now()
            new = keys_service.NewKey(name, scope, agent_id, moment + expires if expires else None)
            return (await keys_service.create_key(session, secret, new, moment, COMMAND_LINE)).text

    if (scope is KeyScope.AGENT) != (agent_id is not None):
        _fail("--agent-id is needed for --scope agent, and only there", 2)
    data_directory = _data_directory(data_dir)
    print(_run(run()))


def list_keys(data_dir: Path | None, *, include_revoked: bool) -> None:
    """Print a line for each key, newest first."""

    async def run() -> None:
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            moment = now()
            for row in await keys_repository.list_keys(session, moment, Window(), include_revoked=include_revoked):
                used = f"used {row.last_used_at:%Y-%m-%d %H:%M}Z" if row.last_used_at else "never used"
                name = printable(row.name)
                print(f"{row.id}  {row.scope:<8}  {row.key_prefix}…  {_state(row, moment):<16}  {used:<22}  {name}")

    data_directory = _data_directory(data_dir)
    _run(run())


def rotate_key(key_id: UUID, overlap: timedelta, expires: timedelta | None, data_dir: Path | None) -> None:
    """Create a key that replaces another one, and print it."""

    async def run() -> str:
        async with _keys(data_directory) as (session, secret):
            moment = now()
            end = moment + expires if expires else None
            made = await keys_service.rotate_key(session, secret, key_id, overlap, end, moment, COMMAND_LINE)
            return made.text

    data_directory = _data_directory(data_dir)
    print(_run(run()))


def revoke_keys(key_id: UUID | None, data_dir: Path | None, *, revoke_all: bool, yes: bool) -> None:
    """Revoke one key, or all."""

    async def run_one(key_id: UUID) -> str:
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            await keys_service.revoke_key(session, key_id, now(), COMMAND_LINE)
        return f"Revoked {key_id}."

    async def run_all() -> str:
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            number = await keys_service.revoke_all(session, now(), COMMAND_LINE)
            await adopt_secret(session, data_directory.secret())
        return f"Revoked all keys ({number}). The next start makes a new admin key."

    if (key_id is None) != revoke_all:
        _fail("Name the id of a key, or --all", 2)
    data_directory = _data_directory(data_dir)
    if revoke_all and not yes and not typer.confirm("Revoke every key? Agents and people are locked out at once."):
        _fail("Nothing was revoked.", 1)
    print(_run(run_all() if key_id is None else run_one(key_id)))


def list_agents(monitoring: str | None, data_dir: Path | None) -> None:
    """Print a line for each agent, newest first; those with this monitoring, or all."""

    async def run() -> None:
        filters = {} if monitoring is None else {"monitoring": monitoring}
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            for row in await agents_repository.list_agents(session, filters, None, 0):
                score = "-" if row["trust_score"] is None else f"{row['trust_score']:.2f}"
                heard = f"{row['monitoring']:<11}"
                print(f"{row['id']}  {row['status']:<8}  {score:>6}  {heard}  {printable(row['name'])}")

    data_directory = _data_directory(data_dir)
    _run(run())


def suspend_agent(agent: str, reason: str | None, data_dir: Path | None) -> None:
    """Suspend an agent, which a name or an id names."""
    if reason is not None and not 0 < len(reason) <= LONGEST_REASON:
        _fail(f"--reason takes 1 to {LONGEST_REASON} characters", 2)

    async def run() -> str:
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            row = await agents_service.suspend_agent(session, await _agent_id(session, agent), reason, COMMAND_LINE)
            return f"Suspended {row.name} ({row.id}) since {row.suspended_at:%Y-%m-%d %H:%M} UTC."

    data_directory = _data_directory(data_dir)
    print(_run(run()))


def resume_agent(agent: str, data_dir: Path | None) -> None:
    """End the suspension of an agent, which a name or an id names."""

    async def run() -> str:
        async with data_directory.database_url() as url, _database(url).transaction() as session:
            row = await agents_service.resume_agent(session, await _agent_id(session, agent), COMMAND_LINE)
            return f"Resumed {row.name} ({row.id})."

    data_directory = _data_directory(data_dir)
    print(_run(run()))


async def _agent_id(session: AsyncSession, agent: str) -> UUID:
    """Return the id of the agent with a name or an id. Raises NotFound, also for a name that several have."""
    try:
        return UUID(agent)
    except ValueError:
        found = [agent_id for agent_id, _ in await agents_repository.find_identities(session, [], [agent])]
    if not found:
        raise NotFound(f"There is no agent with the name {agent!a}; the dashboard lists their names")
    if len(found) > 1:
        raise NotFound(f"{len(found)} agents have the name {agent!a}; give an id: {', '.join(map(str, found[:5]))}")
    return found[0]


def print_sign_in_link(key_id: UUID | None, url: str | None, data_dir: Path | None) -> None:
    """Create a sign-in link for an admin key and print it."""

    async def run() -> str:
        async with _keys(data_directory) as (session, secret):
            moment = now()
            key = (
                await keys_repository.find_admin(session, moment)
                if key_id is None
                else await session.get(KeyRow, key_id)
            )
            if key is None or not key.is_live(moment):
                raise NotFound("There is no such live key: see `agentsentinel keys list`")
            return await make_link_token(session, secret, key, moment, COMMAND_LINE)

    data_directory = _data_directory(data_dir)
    running_at = data_directory.server_address()
    token = _run(run())
    print(f"{(url or data_directory.settings.public_url or running_at or DEFAULT_URL).rstrip('/')}/sign-in#{token}")
    if data_directory.postgres is not None and running_at is None:
        print("The platform is not running: start it within the hour with `agentsentinel up`.", file=sys.stderr)


async def _reset_soft(data_directory: DataDirectory) -> None:
    async with data_directory.database_url() as url:
        await _truncate(_database(url))


async def _truncate(database: Database, tries: int = RESET_TRIES) -> None:
    """Delete all agents and events, and retry after a deadlock.

    TRUNCATE locks all tables; when a running server has locked some of them, PostgreSQL may cancel one of the two.
    """
    try:
        async with database.transaction() as session:
            await session.execute(text(SOFT_RESET))
            await session.execute(text(FORGET_EVENT_IDS))
            audit.record(session, COMMAND_LINE, Action.DATA_RESET, now(), detail="all agents and events")
    except DBAPIError as error:
        if tries == 1 or not is_deadlock(error):
            raise
        await _truncate(database, tries - 1)


async def _reset_hard(data_directory: DataDirectory) -> None:
    if data_directory.postgres is None:
        await downgrade(data_directory.settings.require_database_url())
        return
    with data_directory.hold():
        await data_directory.postgres.stop()
        for path in data_directory.data_dir.glob("postgres*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (data_directory.data_dir / "secret-key").unlink(missing_ok=True)


@asynccontextmanager
async def _keys(data_directory: DataDirectory) -> AsyncIterator[tuple[AsyncSession, bytes]]:
    """Open a transaction for work with keys; yield it with the secret, checked to be the one they were made with."""
    async with data_directory.database_url() as url, _database(url).transaction() as session:
        secret = data_directory.secret()
        await require_secret(session, secret)
        yield session, secret


def _state(row: KeyRow, moment: datetime) -> str:
    if not row.is_live(moment):
        return "expired" if row.is_active else "revoked"
    return "live" if row.expires_at is None else f"until {row.expires_at:%Y-%m-%d}"


def _database(url: str) -> Database:
    return Database(url)


def _data_directory(data_dir: Path | None) -> DataDirectory:
    try:
        return DataDirectory(read_settings(), data_dir)
    except ValidationError as error:
        _fail("\n".join(describe_invalid_settings(error)), 2)


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; an expected failure becomes a one-line message and an exit code."""
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

"""`agentsentinel doctor`: check secret, disk, database, clock, schema, keys, stream and alerts; name the next steps."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

import asyncpg

from agentsentinel.alerts.destinations import build_destinations
from agentsentinel.alerts.service import send_tests
from agentsentinel.commands.data_directory import DataDirectory
from agentsentinel.config import ConfigError, driver_url
from agentsentinel.embedded import EmbeddedPostgresError
from agentsentinel.ingest.partitions import has_hypertable
from agentsentinel.keys.repository import find_admin
from agentsentinel.keys.secret import Fit, examine_secret
from agentsentinel.kit.database import Connection, Database
from agentsentinel.kit.database_errors import OLDEST_POSTGRES, UPGRADE, explain_database_error
from agentsentinel.kit.ids import now
from agentsentinel.schema import is_current
from agentsentinel.stream.examination import StreamUnavailable, examine_stream

MAX_SKEW = timedelta(seconds=5)
LITTLE_SPACE = 1024**3
GIB = 1024**3
MUCH_LAG = 5_000
"""Entries of the stream; as in deploy/prometheus/alerts.yml."""


class Verdict(StrEnum):
    """Result of a check; a warning does not fail the command."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Check(NamedTuple):
    """One check: its name, its verdict, the detail and the next step."""

    name: str
    verdict: Verdict
    detail: str
    next_step: str = ""


async def examine(data_directory: DataDirectory, *, send_test_alert: bool) -> AsyncIterator[Check]:
    """Run all checks, those that others depend on first."""
    yield _check_secret(data_directory)
    yield _check_disk(data_directory)
    async for check in _check_database(data_directory):
        yield check
    if data_directory.settings.redis_url is not None:
        yield await _check_stream(data_directory.settings.redis_url.get_secret_value())
    async for check in _check_alerts(data_directory, send_test_alert=send_test_alert):
        yield check


def _check_secret(data_directory: DataDirectory) -> Check:
    try:
        if data_directory.postgres is not None and not (data_directory.data_dir / "postgres").exists():
            return Check("secret", Verdict.OK, "will be made at the first start")
        data_directory.secret()
    except ConfigError as error:
        return Check("secret", Verdict.FAILED, str(error), "openssl rand -hex 32   # then set SECRET_KEY")
    if data_directory.settings.sentinel_allow_weak_secret:
        return Check(
            "secret", Verdict.WARNING, "SENTINEL_ALLOW_WEAK_SECRET is on", "unset it anywhere but in development"
        )
    return Check("secret", Verdict.OK, "strong")


def _check_disk(data_directory: DataDirectory) -> Check:
    if data_directory.postgres is None:
        return Check("disk", Verdict.OK, "the database is elsewhere; look at its own disk")
    folder = next(path for path in (data_directory.data_dir, *data_directory.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIB:.1f} GiB free in {data_directory.data_dir}"
    if free < LITTLE_SPACE:
        return Check("disk", Verdict.FAILED, detail, "make room, or move the data with --data-dir")
    return Check("disk", Verdict.OK, detail)


async def _check_database(data_directory: DataDirectory) -> AsyncIterator[Check]:
    try:
        async with data_directory.database_url() as url:
            connection = await asyncpg.connect(driver_url(url), timeout=5)
            try:
                yield await _check_version(connection)
                yield await _check_clock(connection)
                schema = await _check_schema(connection, url)
                yield schema
            finally:
                await connection.close()
            if schema.verdict is Verdict.OK:
                yield await _check_keys(data_directory, url)
    except (ConfigError, EmbeddedPostgresError) as error:
        yield Check("database", Verdict.FAILED, str(error), "see docs/operations.md")
    except Exception as error:
        trouble = explain_database_error(error)
        if trouble is None:
            raise
        yield Check("database", Verdict.FAILED, *trouble)


async def _check_version(connection: Connection) -> Check:
    number = int(await connection.fetchval("SHOW server_version_num"))
    name = await connection.fetchval("SHOW server_version")
    if number < OLDEST_POSTGRES:
        return Check("database", Verdict.FAILED, f"PostgreSQL {name}", UPGRADE)
    return Check("database", Verdict.OK, f"PostgreSQL {name}")


async def _check_clock(connection: Connection) -> Check:
    skew = abs(await connection.fetchval("SELECT clock_timestamp()") - now())
    detail = f"{skew.total_seconds():.1f} s apart from the database's"
    if skew > MAX_SKEW:
        return Check("clock", Verdict.FAILED, detail, "synchronise both machines (NTP)")
    return Check("clock", Verdict.OK, detail)


async def _check_schema(connection: Connection, url: str) -> Check:
    if not await is_current(url):
        return Check("schema", Verdict.WARNING, "is not up to date", "agentsentinel migrate   # `up` does it too")
    kind = "TimescaleDB hypertable" if await has_hypertable(connection) else "native partitions, one a week"
    return Check("schema", Verdict.OK, f"up to date; events in {kind}")


async def _check_keys(data_directory: DataDirectory, url: str) -> Check:
    try:
        secret = data_directory.secret()
    except ConfigError:
        return Check("keys", Verdict.WARNING, "cannot be checked without the secret")
    database = Database(url)
    try:
        async with database.transaction() as session:
            fit = await examine_secret(session, secret)
            admin = await find_admin(session, now())
    finally:
        await database.close()
    if fit is Fit.WRONG:
        step = "restore the former SECRET_KEY; if it is lost: agentsentinel keys revoke --all, then start"
        return Check("keys", Verdict.FAILED, "were made with another SECRET_KEY: every one is refused", step)
    if admin is None:
        return Check("keys", Verdict.OK, "no admin key is live; the next start makes one")
    return Check("keys", Verdict.OK, "fit the secret; an admin key is live")


async def _check_stream(url: str) -> Check:
    try:
        state = await examine_stream(url)
    except StreamUnavailable as error:
        return Check("stream", Verdict.FAILED, str(error), "check REDIS_URL and that Redis runs")
    if state.is_too_old:
        return Check("stream", Verdict.FAILED, state.server, "use Redis 7 or newer, or Valkey")
    if not state.has_group:
        step = "start one: agentsentinel worker"
        return Check("stream", Verdict.WARNING, f"{state.server}; no worker has read it yet", step)
    lag = "unknown" if state.lag is None else f"{state.lag:,}"
    detail = f"{state.server}; {lag} entries that no worker has read"
    if state.put_aside:
        step = "see docs/operations.md#monitoring; scores come from PostgreSQL in any case"
        return Check("stream", Verdict.WARNING, f"{detail}; {state.put_aside:,} put aside as unreadable", step)
    if state.lag is not None and state.lag > MUCH_LAG:
        return Check("stream", Verdict.WARNING, detail, "start another worker, or look at the log of those that run")
    return Check("stream", Verdict.OK, detail)


async def _check_alerts(data_directory: DataDirectory, *, send_test_alert: bool) -> AsyncIterator[Check]:
    try:
        destinations = build_destinations(data_directory.settings)
    except ConfigError as error:
        yield Check("alerts", Verdict.FAILED, str(error), "see docs/alerts.md")
        return
    if not destinations:
        yield Check("alerts", Verdict.OK, "none; set SLACK_WEBHOOK_URL or another destination of docs/alerts.md")
    elif not send_test_alert:
        names = ", ".join(f"{one.name} ({one.target})" for one in destinations)
        yield Check("alerts", Verdict.OK, f"{names}; try them with `agentsentinel doctor --send-test-alert`")
    else:
        for result in await send_tests(destinations, now()):
            verdict = Verdict.OK if result.ok else Verdict.FAILED
            step = "" if result.ok else "check the receiver and its setting; see docs/alerts.md"
            yield Check("alerts", verdict, f"{result.destination}: {result.detail}", step)

"""Classify database failures, and explain them: the problem in one sentence, and the next step for the operator.

Every command and `alembic` meet the same failures: a wrong password, role, database or host, a missing privilege, an
extension in another schema. One table of SQLSTATEs covers all of them. No message contains a database URL, so no
password reaches the terminal.
"""

import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from agentsentinel.config import ConfigError
from agentsentinel.kit.database import UNAVAILABLE

OLDEST_POSTGRES = 160_000
"""The oldest `server_version_num` that the server and its migrations are tested with."""
UPGRADE = "upgrade it to PostgreSQL 16 or newer"


SERIALIZATION_CLASS = "40"
UNAVAILABLE_CLASSES = ("08", "53", "57", "58")
"""SQLSTATE classes: connection, insufficient resources, operator intervention, system error."""


class Trouble(NamedTuple):
    """A failure of the database that its operator can resolve: the problem and the next step."""

    problem: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.problem}: {self.next_step}"


BY_STATE = {
    "28P01": "correct the password in DATABASE_URL or POSTGRES_PASSWORD (in an address, @ is written %40 and / %2F)",
    "28000": "check the user in DATABASE_URL; the role must exist, have LOGIN, and be let in by pg_hba.conf",
    "3D000": "create it with `createdb --owner USER DATABASE`, or correct the name in DATABASE_URL",
    "42501": "the user of DATABASE_URL must own the database: `ALTER DATABASE ... OWNER TO ...`",
    "25006": "DATABASE_URL names a read-only server: point it to the primary",
    "53300": "raise max_connections of PostgreSQL, or end what holds its connections",
    "53100": "make room on the disk of the database",
    "57P03": "PostgreSQL is starting or stopping: wait, and try again",
}
"""Next step by SQLSTATE; it is shown after PostgreSQL's own message, which names the user or the database."""
MAKE_EXTENSION = "let a superuser run `CREATE EXTENSION timescaledb` in this database, then try again"
PRELOAD = "add timescaledb to shared_preload_libraries in postgresql.conf, and restart PostgreSQL"
SEARCH_PATH = (
    "TimescaleDB is in a schema that this user does not search: `ALTER ROLE ... SET search_path = public, SCHEMA` with"
    " the schema that `\\dx timescaledb` shows"
)
MIGRATE = "`agentsentinel up` brings it up to date, as does `agentsentinel migrate`"
UNREACHABLE = "check DATABASE_URL, or try `agentsentinel doctor`"


def is_database_unavailable(error: BaseException) -> bool:
    """Tell whether an error means that the database is unavailable, and not that the request is wrong."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state.startswith((*UNAVAILABLE_CLASSES, SERIALIZATION_CLASS))
    return isinstance(error, UNAVAILABLE)


def is_deadlock(error: BaseException) -> bool:
    """Tell whether PostgreSQL cancelled this transaction to resolve a deadlock; it can be retried."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "40P01"


def explain_database_error(error: BaseException) -> Trouble | None:
    """Explain a failure of the database; return None when the error has another cause."""
    for cause in _causes(error):
        state = getattr(cause, "sqlstate", None)
        trouble = _by_state(str(state), _first_line(cause)) if state else _by_kind(cause)
        if trouble is not None:
            return trouble
    return None


async def require_supported(connection: AsyncConnection) -> None:
    """Raise ConfigError when this PostgreSQL is too old."""
    number = int((await connection.execute(text("SHOW server_version_num"))).scalar_one())
    if number < OLDEST_POSTGRES:
        raise ConfigError(f"This is PostgreSQL {number // 10_000}: {UPGRADE}")


def _by_state(state: str, message: str) -> Trouble | None:
    if state in {"42P01", "42703"}:
        return Trouble("The database has no schema yet, or an older one", MIGRATE)
    next_step = _about_timescaledb(state, message) or BY_STATE.get(state)
    if next_step is not None:
        return Trouble(message, next_step)
    if state.startswith(UNAVAILABLE_CLASSES):
        return Trouble(f"The database cannot be reached ({message})", UNREACHABLE)
    return None


def _about_timescaledb(state: str, message: str) -> str | None:
    if "must be preloaded" in message:
        return PRELOAD
    if state == "42501" and "extension" in message:
        return MAKE_EXTENSION
    if state == "42883" and ("create_hypertable" in message or "by_range" in message):
        return SEARCH_PATH
    return None


def _by_kind(error: BaseException) -> Trouble | None:
    reason = _first_line(error)
    if isinstance(error, socket.gaierror):
        return Trouble("The host of the database is not known", "correct the host in DATABASE_URL or POSTGRES_HOST")
    if isinstance(error, ssl.SSLError):
        return Trouble(
            f"No TLS connection to the database ({reason})", "check PGSSLMODE, PGSSLROOTCERT and the certificate"
        )
    if isinstance(error, OSError) and error.filename is not None:
        return None  # a local file, not a socket
    if isinstance(error, OSError | TimeoutError | PoolTimeoutError | asyncpg.InterfaceError):
        return Trouble(f"The database cannot be reached ({reason})", UNREACHABLE)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the driver's own error inside of SQLAlchemy's, then the error itself."""
    original = getattr(error, "orig", None)
    if isinstance(original, BaseException):
        yield from _causes(original)
    yield error


def _first_line(error: BaseException) -> str:
    """Return the message without the class name of the driver's error, which SQLAlchemy's adapter puts before it."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line.rpartition(">: ")[2]

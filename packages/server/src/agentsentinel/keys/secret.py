"""Check that the keys in a database were made with the configured SECRET_KEY.

A wrong SECRET_KEY would go unnoticed until the first request: then every key is refused, the agents' reports are lost,
and no bootstrap key is made because there is one already. So the first start stores a check value in the database,
which does not reveal the secret, and all that need the secret compare it first.
"""

import hmac
from enum import Enum, auto

from agentsentinel.auth.key_digests import secret_check
from agentsentinel.config import ConfigError
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.models import ServerFactRow
from agentsentinel.server_info.repository import add_fact, replace_fact

FACT = "secret-check"
WRONG = (
    "SECRET_KEY is not the one that the keys in this database were made with, so every key would be refused."
    " Restore the former secret (SECRET_KEY, or the file secret-key of the data directory). If it is lost, or was"
    " changed on purpose: `agentsentinel keys revoke --all` ends the old keys, and the next start makes a new admin key"
)


class Fit(Enum):
    """Result of comparing the configured secret with the database's check value."""

    RIGHT = auto()
    WRONG = auto()
    UNKNOWN = auto()
    """The database has no check value yet: no server was started on it, or only an older version."""


async def examine_secret(session: DatabaseSession, secret: bytes) -> Fit:
    """Compare this secret with the database's check value, without changing anything."""
    row = await session.get(ServerFactRow, FACT)
    if row is None:
        return Fit.UNKNOWN
    return Fit.RIGHT if hmac.compare_digest(row.value, secret_check(secret)) else Fit.WRONG


async def require_secret(session: DatabaseSession, secret: bytes) -> None:
    """Store the check value if there is none. Raises ConfigError when it belongs to another secret."""
    await add_fact(session, FACT, secret_check(secret))
    if await examine_secret(session, secret) is Fit.WRONG:
        raise ConfigError(WRONG)


async def adopt_secret(session: DatabaseSession, secret: bytes) -> None:
    """Replace the check value by this secret's; keys made with another secret should be revoked before."""
    await replace_fact(session, FACT, secret_check(secret))

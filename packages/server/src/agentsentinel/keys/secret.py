"""Whether the keys of a database were made with the secret at hand.

A wrong SECRET_KEY looks like any other until the first request: every key is refused, the agents' reports are lost, and
no bootstrap key is made because there is one already. So the first start leaves a mark of its secret in the database,
from which nobody learns it, and all that need the secret look at the mark first.
"""

import hmac
from enum import Enum, auto

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from agentsentinel.auth.key_digests import secret_check
from agentsentinel.config import ConfigError
from agentsentinel.models import ServerFactRow

FACT = "secret-check"
WRONG = (
    "SECRET_KEY is not the one that the keys in this database were made with, so every key would be refused."
    " Restore the former secret (SECRET_KEY, or the file secret-key of the data directory). If it is lost, or was"
    " changed on purpose: `agentsentinel keys revoke --all` ends the old keys, and the next start makes a new admin key"
)


class Fit(Enum):
    """How the secret at hand goes with the database."""

    RIGHT = auto()
    WRONG = auto()
    UNKNOWN = auto()
    """No server was started on this database yet, or none that leaves a mark."""


async def examine_secret(session: AsyncSession, secret: bytes) -> Fit:
    """How this secret goes with the database; changes nothing."""
    row = await session.get(ServerFactRow, FACT)
    if row is None:
        return Fit.UNKNOWN
    return Fit.RIGHT if hmac.compare_digest(row.value, secret_check(secret)) else Fit.WRONG


async def require_secret(session: AsyncSession, secret: bytes) -> None:
    """Leave the mark where there is none. Raises ConfigError when the mark is another secret's."""
    mark = insert(ServerFactRow).values(name=FACT, value=secret_check(secret)).on_conflict_do_nothing()
    await session.execute(mark)
    if await examine_secret(session, secret) is Fit.WRONG:
        raise ConfigError(WRONG)


async def adopt_secret(session: AsyncSession, secret: bytes) -> None:
    """From now on keys are made with this secret; those made with another one should be dead."""
    mark = insert(ServerFactRow).values(name=FACT, value=secret_check(secret))
    await session.execute(
        mark.on_conflict_do_update(index_elements=[ServerFactRow.name], set_={"value": mark.excluded["value"]})
    )

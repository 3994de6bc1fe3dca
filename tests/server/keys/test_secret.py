"""The secret that the keys were made with is recognised, and another one is refused before a key is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from agentsentinel.auth.key_digests import secret_check
from agentsentinel.config import ConfigError, async_database_url
from agentsentinel.keys.secret import Fit, adopt_secret, examine_secret, require_secret
from agentsentinel.kit.database import Database, DatabaseSession
from server.support import query

RIGHT, WRONG = b"r" * 32, b"w" * 32
T = TypeVar("T")


def in_session(dsn: str, work: Callable[[DatabaseSession], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(async_database_url(dsn))
        try:
            async with database.transaction() as session:
                return await work(session)
        finally:
            await database.close()

    return asyncio.run(run())


def fits(dsn: str, secret: bytes) -> Fit:
    return in_session(dsn, lambda session: examine_secret(session, secret))


def test_a_database_that_no_server_was_started_on_knows_no_secret_and_looking_changes_nothing(dsn: str) -> None:
    assert fits(dsn, RIGHT) is Fit.UNKNOWN
    assert fits(dsn, WRONG) is Fit.UNKNOWN


def test_the_first_start_decides_and_another_secret_is_refused_from_then_on(dsn: str) -> None:
    for _ in range(2):
        in_session(dsn, lambda session: require_secret(session, RIGHT))
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        in_session(dsn, lambda session: require_secret(session, WRONG))
    assert (fits(dsn, RIGHT), fits(dsn, WRONG)) == (Fit.RIGHT, Fit.WRONG)


def test_a_secret_that_is_adopted_takes_the_place_of_the_former(dsn: str) -> None:
    in_session(dsn, lambda session: require_secret(session, RIGHT))
    in_session(dsn, lambda session: adopt_secret(session, WRONG))
    assert (fits(dsn, RIGHT), fits(dsn, WRONG)) == (Fit.WRONG, Fit.RIGHT)


def test_what_is_stored_does_not_hold_the_secret(dsn: str) -> None:
    in_session(dsn, lambda session: require_secret(session, RIGHT))
    [row] = query(dsn, "SELECT value FROM server_facts WHERE name = 'secret-check'")
    assert row["value"] == secret_check(RIGHT)
    assert RIGHT.decode() not in row["value"]
    assert RIGHT.hex() not in row["value"]

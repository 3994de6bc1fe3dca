"""Which keys are looked up: no wrong one of a known form, and those of a throttled address in turns."""

import asyncio
import string
import time

import pytest

from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failed_attempts import (
    PAUSE_SECONDS,
    SLOW_LANES,
    CredentialKind,
    FailedAttempts,
)
from agentsentinel.auth.key_digests import make_key
from agentsentinel.auth.principal import KeyScope
from agentsentinel.errors import Unauthenticated
from agentsentinel.kit.database import Database
from server.auth.support import NOWHERE, Untouchable, request_from
from server.support import SECRET, Server


def test_a_key_with_any_character_changed_is_refused_without_the_database() -> None:
    key = make_key(KeyScope.ADMIN)

    async def refuse_all() -> None:
        authenticator = Authenticator(Database(NOWHERE), SECRET.encode(), FailedAttempts(10_000, []))
        for place, character in enumerate(key):
            other = next(one for one in string.ascii_letters if one != character)
            for wrong in (key[:place] + other + key[place + 1 :], key[:place], key[:place] + key[place + 1 :]):
                with pytest.raises(Unauthenticated):
                    await authenticator.authenticate(wrong.encode(), request_from("192.0.2.1"))
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):  # a key that may be one is looked up
            await authenticator.authenticate(key.encode(), request_from("192.0.2.1"))

    asyncio.run(refuse_all())


@pytest.mark.parametrize("scope", KeyScope)
def test_a_flipped_key_is_answered_like_any_other(server: Server, scope: KeyScope) -> None:
    key = server.new_key(scope.value, server.new_agent() if scope is KeyScope.AGENT else None)
    path = "/api/v1/keys/self"
    assert server.request("GET", path, key).status_code == 200
    unknown = server.request("GET", path, make_key(scope))
    for place in range(len(key)):
        flipped = key[:place] + ("x" if key[place] != "x" else "y") + key[place + 1 :]
        answer = server.request("GET", path, flipped)
        assert (answer.status_code, answer.text) == (401, unknown.text)


def test_a_known_key_never_comes_near_the_limiter(postgres_dsn: str, server: Server) -> None:
    async def use(key: bytes) -> None:
        database = Database(server.dsn.replace("postgresql://", "postgresql+asyncpg://"))
        authenticator = Authenticator(database, SECRET.encode(), FailedAttempts(1, []))
        principal = await authenticator.authenticate(key, request_from("192.0.2.1"))
        authenticator._failed_attempts = Untouchable()
        assert authenticator.recall(authenticator.digest(key)) == principal
        assert await authenticator.authenticate(key, request_from("192.0.2.1")) == principal
        await database.close()

    asyncio.run(use(server.admin_key.encode()))


def test_look_ups_of_an_address_that_failed_too_often_take_turns_and_their_time() -> None:
    async def flood() -> tuple[int, float]:
        failures, at_once, most = FailedAttempts(1, []), 0, 0

        async def look_up() -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            raise Unauthenticated

        async def attempt() -> None:
            with pytest.raises(Unauthenticated):
                await failures.attempt(request_from("192.0.2.1"), CredentialKind.KEY, "", look_up)

        await attempt()
        begin = time.monotonic()
        await asyncio.gather(*(attempt() for _ in range(50)))
        return most, time.monotonic() - begin

    most, seconds = asyncio.run(flood())
    assert most == SLOW_LANES
    assert seconds >= 50 * PAUSE_SECONDS / SLOW_LANES

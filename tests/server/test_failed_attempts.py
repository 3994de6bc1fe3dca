"""Wrong keys: how many an address may send, that a live one always passes, and that a slip costs no look-up."""

import asyncio
import string
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from agentsentinel.auth.authenticator import Authenticator
from agentsentinel.auth.failed_attempts import (
    MANY,
    MOST_ROWS,
    PAUSE_SECONDS,
    ROWS_A_MINUTE,
    SLOW_LANES,
    CredentialKind,
    FailedAttempts,
    InactiveKey,
)
from agentsentinel.auth.key_digests import make_key, shown_part
from agentsentinel.auth.limiter import MINUTE, MOST_ADDRESSES, FailureLimiter
from agentsentinel.auth.principal import KeyScope
from agentsentinel.auth.sessions import Sessions
from agentsentinel.errors import TooManyFailures, Unauthenticated
from agentsentinel.kit.database import Database
from server.support import SECRET, Server, assert_refused, event, new_database, running

LIMIT = 5
SIGN_IN = {"X-AgentSentinel-Dashboard": "1", "Sec-Fetch-Site": "same-origin"}
NOWHERE = "postgresql+asyncpg://user@127.0.0.1:1/none"


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# --- the limiter


@given(st.integers(1, 100), st.lists(st.floats(0, 30), max_size=200))
def test_nobody_fails_more_often_than_a_burst_and_the_rate_allow(per_minute: int, pauses: list[float]) -> None:
    clock = Clock()
    limiter = FailureLimiter(per_minute, clock)
    begin, allowed = clock.now, 0
    for pause in pauses:
        clock.now += pause
        was_over = limiter.is_over("a")
        seconds = limiter.fail("a")
        assert (seconds > 0) == was_over
        allowed += seconds == 0
        assert allowed <= per_minute + (clock.now - begin) * per_minute / MINUTE + 1e-6


@given(st.integers(1, 1000))
def test_who_waits_as_long_as_is_said_may_fail_again(per_minute: int) -> None:
    clock = Clock()
    limiter = FailureLimiter(per_minute, clock)
    assert [limiter.fail("a") for _ in range(per_minute)] == [0.0] * per_minute
    seconds = limiter.fail("a")
    assert 0 < seconds <= MINUTE
    clock.now += seconds + 1e-6
    assert limiter.fail("a") == 0


def test_addresses_do_not_count_for_each_other() -> None:
    limiter = FailureLimiter(1, Clock())
    assert (limiter.fail("a"), limiter.fail("b")) == (0, 0)
    assert limiter.is_over("a")
    assert not limiter.is_over("c")


def test_only_so_many_addresses_are_remembered_and_those_that_failed_last() -> None:
    limiter = FailureLimiter(1, Clock())
    for number in range(3 * MOST_ADDRESSES):
        limiter.fail("persistent")
        limiter.fail(str(number))
    assert len(limiter) == MOST_ADDRESSES
    assert limiter.is_over("persistent")
    assert not limiter.is_over("0")


# --- a slip costs no look-up


def request_from(address: str) -> Scope:
    return {"type": "http", "client": (address, 1), "headers": []}


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


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (b"as_adm_0123456789", "as_adm_01234"),
        (b"as_ro_0123456789", "as_ro_012345"),
        (b"sk-proj-0123456789", ""),
        (b"my password", ""),
        (b"as_adm_\xff\xfe\x00", ""),
        (b"as_adm_\x1b[31m", ""),
        (b"", ""),
    ],
)
def test_nothing_is_kept_of_what_is_no_key_of_ours(key: bytes, shown: str) -> None:
    assert shown_part(key) == shown


# --- on the server


@pytest.fixture(scope="module")
def strict(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server behind a proxy on this machine, which says where requests come from."""
    settings = {"FAILED_SIGN_INS_PER_MINUTE": str(LIMIT), "TRUSTED_PROXIES": '["127.0.0.1", "10.0.0.0/8"]'}
    with running(new_database(postgres_dsn), tmp_path_factory.mktemp("strict"), settings=settings) as server:
        yield server


def somewhere() -> dict[str, str]:
    """Return an address that no test has used before."""
    tail = uuid4().hex
    return {"X-Forwarded-For": f"2001:db8:{tail[:4]}:{tail[4:8]}::1"}


def fail(server: Server, address: dict[str, str], times: int = LIMIT) -> list[int]:
    return [
        server.request("GET", "/api/v1/agents", make_key(KeyScope.ADMIN), headers=address).status_code
        for _ in range(times)
    ]


def test_who_sends_too_many_wrong_keys_is_told_when_to_come_back(strict: Server) -> None:
    address = somewhere()
    assert fail(strict, address, LIMIT + 3) == [401] * LIMIT + [429] * 3
    answer = strict.request("GET", "/api/v1/agents", "nonsense", headers=address)
    assert_refused(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 60 / LIMIT + 1
    assert fail(strict, somewhere(), 1) == [401]


def test_a_live_key_passes_whatever_else_its_address_sends(strict: Server) -> None:
    address, agent_id = somewhere(), strict.new_agent()
    key = strict.new_key("agent", agent_id)
    fail(strict, address, LIMIT + 1)
    for _ in range(3):  # looked up, remembered, and by its head
        answer = strict.request("POST", "/api/v1/events", key, json=event(agent_id), headers=address)
        assert answer.status_code == 201
    with httpx2.Client(base_url=strict.url, headers={**SIGN_IN, **address}, trust_env=False) as browser:
        assert browser.post("/api/v1/session", json={"key": strict.admin_key}).status_code == 201
        assert browser.get("/api/v1/agents").status_code == 200
    assert fail(strict, address, 1) == [429]


def test_reports_and_sign_ins_count_like_everything_else(strict: Server) -> None:
    for attempt in (
        {"method": "POST", "path": "/api/v1/events", "key": make_key(KeyScope.AGENT), "json": event(str(uuid4()))},
        {"method": "POST", "path": "/api/v1/events/batch", "key": "x", "json": {"events": []}},
        {"method": "POST", "path": "/api/v1/session", "json": {"key": make_key(KeyScope.ADMIN)}},
        {"method": "POST", "path": "/api/v1/session", "json": {"key": "wrong"}},
        {"method": "POST", "path": "/api/v1/session", "json": {"link_token": "wrong"}},
    ):
        address = somewhere()
        request: dict[str, Any] = {**attempt, "headers": {**SIGN_IN, **address}}
        assert [strict.request(**request).status_code for _ in range(LIMIT + 1)] == [401] * LIMIT + [429]
        answer = strict.request(**request)
        assert_refused(answer, 429)
        assert "retry-after" in answer.headers
        assert fail(strict, address, 1) == [429]


def test_who_sends_no_key_at_all_or_a_cookie_that_has_ended_is_always_told_to_sign_in(strict: Server) -> None:
    for headers in ({}, {"Cookie": f"agentsentinel_session={'x' * 43}"}):
        address = somewhere()
        answers = [strict.request("GET", "/api/v1/session", headers={**headers, **address}) for _ in range(LIMIT + 3)]
        assert {answer.status_code for answer in answers} == {401}


def test_the_metrics_count_what_was_refused(strict: Server) -> None:
    def count(means: str) -> float:
        text = strict.request("GET", "/metrics").text
        (line,) = [
            one
            for one in text.splitlines()
            if one.startswith(f'agentsentinel_credentials_refused_total{{means="{means}"')
        ]
        return float(line.split()[-1])

    before = {means: count(means) for means in ("key", "sign_in", "cookie")}
    address = somewhere()
    fail(strict, address, LIMIT + 2)
    strict.request("POST", "/api/v1/session", json={"key": "x"}, headers={**SIGN_IN, **address})
    strict.request("GET", "/api/v1/agents", headers={"Cookie": "agentsentinel_session=x", **address})
    after = {means: count(means) - before[means] for means in before}
    assert after == {"key": LIMIT + 2, "sign_in": 1, "cookie": 1}


def test_an_ipv6_network_is_one_client_and_an_ipv4_address_is_another(strict: Server) -> None:
    network = somewhere()["X-Forwarded-For"].removesuffix("::1")
    for number in range(LIMIT):
        assert fail(strict, {"X-Forwarded-For": f"{network}::{number:x}:1"}, 1) == [401]
    assert fail(strict, {"X-Forwarded-For": f"{network}:ffff::1"}, 1) == [429]
    assert fail(strict, {"X-Forwarded-For": f"198.51.100.1, {network}::9, 10.1.2.3"}, 1) == [429]
    assert fail(strict, {"X-Forwarded-For": f"{network}::9, 198.51.100.{uuid4().int % 250}"}, 1) == [401]


def test_without_a_configured_proxy_the_header_is_anybodys_word(postgres_dsn: str, folder: Any) -> None:
    settings = {"FAILED_SIGN_INS_PER_MINUTE": str(LIMIT)}
    with running(new_database(postgres_dsn), folder, settings=settings) as server:
        statuses = [fail(server, somewhere(), 1) for _ in range(LIMIT + 1)]
        assert statuses == [[401]] * LIMIT + [[429]]
        assert server.api.get("agents").status_code == 200


def test_a_refused_stream_of_news_ends_also_when_its_address_failed_too_often(strict: Server) -> None:
    address = somewhere()
    made = strict.api.post("keys", json={"name": "k", "scope": "readonly"}).json()
    fail(strict, address, LIMIT + 1)
    with strict.stream("/api/v1/events/stream", made["key"], address) as lines:
        assert next(lines) == "retry: 2000"
        assert strict.api.delete(f"keys/{made['id']}").status_code == 204
        assert not [line for line in lines if line.startswith("data:")]


# --- what is known is not asked about, and what is refused is not kept without bound


class Untouchable(FailedAttempts):
    """A counter of failed attempts that fails the test when it is used."""

    def __init__(self) -> None:
        super().__init__(1, [])

    async def attempt(self, *_: Any) -> Any:
        raise AssertionError("asked")

    def address(self, _: Scope) -> str:
        raise AssertionError("asked")


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


async def _refused(failures: FailedAttempts, address: str, prefix: str, error: Unauthenticated) -> None:
    async def look_up() -> None:
        raise error

    with pytest.raises(Unauthenticated):
        await failures.attempt(request_from(address), CredentialKind.KEY, prefix, look_up)


def test_a_flood_of_wrong_keys_makes_a_bounded_number_of_rows_and_none_goes_uncounted() -> None:
    async def flood() -> FailedAttempts:
        failures = FailedAttempts(10, [])
        for number in range(3000):
            await _refused(failures, f"10.0.{number % 40}.1", f"as_adm_{number:05}", Unauthenticated())
        return failures

    failures = asyncio.run(flood())
    snapshots = failures.unwritten()
    assert sum(one.count for one in snapshots) == 3000
    minutes = {one.refusal.at.replace(second=0, microsecond=0) for one in snapshots}
    assert len(snapshots) <= (ROWS_A_MINUTE + 1) * len(minutes) <= MOST_ROWS
    assert any(one.refusal.address == MANY for one in snapshots)


def test_what_is_written_is_not_written_again_until_its_count_has_changed() -> None:
    async def attempts() -> None:
        failures = FailedAttempts(10, [])
        key_id = uuid4()
        await _refused(failures, "10.0.0.1", "as_ro_123456", InactiveKey(key_id, "old"))
        (first,) = failures.unwritten()
        await _refused(failures, "10.0.0.1", "as_ro_123456", InactiveKey(key_id, "old"))
        failures.note_written([first])
        (second,) = failures.unwritten()
        assert (first.count, second.count) == (1, 2)
        assert second.refusal is first.refusal
        assert (second.refusal.key_id, second.refusal.key_name) == (key_id, "old")
        failures.note_written([second])
        assert failures.unwritten() == []

    asyncio.run(attempts())


def test_the_error_says_no_less_than_a_second() -> None:
    assert [TooManyFailures(seconds).headers["Retry-After"] for seconds in (0.0001, 1.0, 1.5, 60)] == [
        "1",
        "1",
        "2",
        "60",
    ]


def test_a_token_of_another_length_is_no_session_and_is_not_looked_up() -> None:
    async def ask() -> None:
        sessions = Sessions(Database(NOWHERE), SECRET.encode(), Untouchable())
        with pytest.raises(Unauthenticated):
            await sessions.authenticate(b"x" * 5000, request_from("192.0.2.1"))

    asyncio.run(ask())

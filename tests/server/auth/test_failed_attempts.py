"""Wrong keys: how many an address may send, that a live one always passes, and that a slip costs no look-up."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from agentsentinel.auth.failed_attempts import (
    MANY,
    MOST_ROWS,
    ROWS_A_MINUTE,
    CredentialKind,
    FailedAttempts,
    InactiveKey,
)
from agentsentinel.auth.key_digests import make_key, shown_part
from agentsentinel.auth.principal import KeyScope
from agentsentinel.errors import Unauthenticated
from server.auth.support import request_from
from server.support import Server, assert_refused, event, new_database, running

LIMIT = 5

SIGN_IN = {"X-AgentSentinel-Dashboard": "1", "Sec-Fetch-Site": "same-origin"}


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

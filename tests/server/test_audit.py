"""The audit log: who did what, and who was not let in; never a secret, and never without bound."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agentsentinel.audit import service
from agentsentinel.audit.actions import REFUSALS, Action
from agentsentinel.auth.key_digests import make_key
from agentsentinel.auth.principal import KeyScope
from agentsentinel.kit.database import Database
from agentsentinel.kit.ids import now
from server.faults.embedded_platform import run_command
from server.support import SECRET, Server, assert_refused, new_database, query, running

ADDRESS = "203.0.113.7"
FROM = {"X-Forwarded-For": ADDRESS}


@pytest.fixture(scope="module")
def audited(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for this file alone, so that the log contains only what these tests do."""
    folder = tmp_path_factory.mktemp("audited")
    with running(new_database(postgres_dsn), folder, settings={"TRUSTED_PROXIES": '["127.0.0.1"]'}) as server:
        yield server


def entries(server: Server, action: Action | None = None, **params: Any) -> list[dict[str, Any]]:
    if action is not None:
        params["action"] = action.value
    answer = server.api.get("audit", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def newest(server: Server, action: Action) -> dict[str, Any]:
    return entries(server, action, limit=1)[0]


def test_a_keys_whole_life_is_told_with_who_and_from_where(audited: Server) -> None:
    own = audited.api.get("keys/self").json()
    actor = {"actor_key_id": own["id"], "actor_name": "bootstrap-admin", "address": ADDRESS, "count": 1}
    body = {"name": "for the crm", "scope": "readonly", "expires_at": "2030-01-02T03:04:05Z"}
    made = audited.api.post("keys", json=body, headers=FROM).json()
    entry = newest(audited, Action.KEY_CREATED)
    assert entry.items() >= {**actor, "subject_id": made["id"], "subject_name": "for the crm"}.items()
    assert entry["detail"] == "scope readonly, expires 2030-01-02 03:04Z"

    rotated = audited.api.post(f"keys/{made['id']}/rotate", headers=FROM).json()
    entry = newest(audited, Action.KEY_ROTATED)
    assert entry.items() >= {**actor, "subject_id": made["id"], "subject_name": "for the crm"}.items()
    assert rotated["id"] in entry["detail"]

    assert audited.api.delete(f"keys/{rotated['id']}", headers=FROM).status_code == 204
    entry = newest(audited, Action.KEY_REVOKED)
    assert entry.items() >= {**actor, "subject_id": rotated["id"], "subject_name": "for the crm"}.items()

    told = str(entries(audited))
    for key in (made, rotated):
        assert key["key"] not in told
        assert key["key"][12:30] not in told
        assert key["key_hash"] not in told


def test_the_first_key_was_made_by_the_platform_itself(audited: Server) -> None:
    first = entries(audited, Action.KEY_CREATED)[-1]
    assert (first["actor_key_id"], first["actor_name"], first["subject_name"]) == (None, "platform", "bootstrap-admin")


def test_an_agents_deletion_is_told_and_survives_a_reset(audited: Server) -> None:
    agent_id = audited.new_agent(name="short-lived")
    audited.api.delete(f"agents/{agent_id}", headers=FROM)
    entry = newest(audited, Action.AGENT_DELETED)
    assert (entry["subject_id"], entry["subject_name"], entry["address"]) == (agent_id, "short-lived", ADDRESS)
    done = run_command("reset", "--soft", "--yes", DATABASE_URL=audited.dsn, SECRET_KEY=SECRET)
    assert done.returncode == 0, done.stderr
    assert newest(audited, Action.DATA_RESET)["actor_name"] == "command line"
    assert newest(audited, Action.AGENT_DELETED) == entry


def test_what_an_agent_may_do_is_told_with_who_allowed_it(audited: Server) -> None:
    body = {"name": "mailer", "model": "m", "owner_team": "sales"}
    agent_id = audited.api.post("agents", json=body, headers=FROM).json()["id"]
    agent = f"agents/{agent_id}"
    grant = audited.api.post(f"{agent}/grants", json={"tool_name": "send_email"}).json()
    audited.api.post(f"{agent}/grants", json={"tool_name": "send_email", "rate_limit_per_hour": 9})
    audited.api.patch(f"{agent}/grants/{grant['id']}", json={"rate_limit_per_hour": None})
    server = {"server_name": "files", "server_url": "http://10.0.0.5/mcp"}
    connection = audited.api.post(f"{agent}/mcp", json=server).json()
    audited.api.patch(f"{agent}/mcp/{connection['id']}", json={"server_url": "https://files.test/mcp"})
    audited.api.delete(f"{agent}/mcp/{connection['id']}")
    audited.api.delete(f"{agent}/grants/{grant['id']}")
    audited.api.patch(agent, json={"name": "postman", "description": "Writes to customers"})

    told = [(one["action"], one["detail"]) for one in reversed(entries(audited, subject_id=agent_id))]
    assert told == [
        ("agent_registered", "type llm_agent, model m, team sales"),
        ("grant_added", "tool send_email"),
        ("grant_changed", "tool send_email: rate_limit_per_hour: null -> 9"),
        ("grant_changed", "tool send_email: rate_limit_per_hour: 9 -> null"),
        ("connection_added", "server files at http://10.0.0.5/mcp"),
        ("connection_changed", 'server files: server_url: "http://10.0.0.5/mcp" -> "https://files.test/mcp"'),
        ("connection_removed", "server files at https://files.test/mcp"),
        ("grant_removed", "tool send_email"),
        ("agent_changed", 'name: "mailer" -> "postman"; description: null -> "Writes to customers"'),
    ]
    registered = newest(audited, Action.AGENT_REGISTERED)
    assert (registered["actor_name"], registered["address"], registered["subject_name"]) == (
        "bootstrap-admin",
        ADDRESS,
        "mailer",
    )


def test_what_changes_nothing_is_not_told(audited: Server) -> None:
    agent_id = audited.new_agent(name="steady", owner_team="t")
    agent = f"agents/{agent_id}"
    grant = audited.api.post(f"{agent}/grants", json={"tool_name": "read_file", "rate_limit_per_hour": 9}).json()
    before = len(entries(audited))
    audited.api.post("agents", params={"reuse": True}, json={"name": "steady", "owner_team": "t"})
    audited.api.patch(agent, json={"owner_team": "t"})
    audited.api.post(f"{agent}/grants", json={"tool_name": "read_file"})
    audited.api.patch(f"{agent}/grants/{grant['id']}", json={"rate_limit_per_hour": 9})
    assert_refused(audited.api.delete(f"{agent}/grants/{agent_id}"), 404)
    assert len(entries(audited)) == before


def test_signing_in_and_out_is_told(audited: Server) -> None:
    with audited.sign_in(audited.admin_key) as browser:
        session_id = browser.get("session").json()["session_id"]
        entry = newest(audited, Action.SIGNED_IN)
        assert (entry["subject_id"], entry["actor_name"]) == (session_id, "bootstrap-admin")
        assert browser.post("keys", json={"name": "by a browser", "scope": "readonly"}).status_code == 201
        assert newest(audited, Action.KEY_CREATED)["actor_name"] == "bootstrap-admin"
        browser.delete("session")
        assert newest(audited, Action.SIGNED_OUT)["subject_id"] == session_id
    with audited.sign_in(audited.new_key("readonly")) as browser:
        session_id = browser.get("session").json()["session_id"]
        audited.api.delete(f"sessions/{session_id}")
        entry = newest(audited, Action.SESSION_REVOKED)
        assert (entry["subject_id"], entry["subject_name"]) == (session_id, "test-readonly")


def test_wrong_keys_are_told_once_a_minute_with_their_number(audited: Server) -> None:
    wrong = make_key(KeyScope.READONLY)
    for _ in range(7):
        assert audited.request("GET", "/api/v1/agents", wrong, headers=FROM).status_code == 401
    found = [one for one in entries(audited, Action.KEY_REFUSED) if one["key_prefix"] == wrong[:12]]
    assert 1 <= len(found) <= 2  # a minute may have ended
    assert sum(one["count"] for one in found) == 7
    assert {one["address"] for one in found} == {ADDRESS}
    assert wrong not in str(found)
    audited.request("GET", "/api/v1/agents", wrong, headers=FROM)
    again = [one for one in entries(audited, Action.KEY_REFUSED) if one["key_prefix"] == wrong[:12]]
    assert sum(one["count"] for one in again) == 8


def test_a_dead_key_that_is_still_used_is_named(audited: Server) -> None:
    made = audited.api.post("keys", json={"name": "forgotten in a script", "scope": "readonly"}).json()
    audited.api.delete(f"keys/{made['id']}")
    assert audited.request("GET", "/api/v1/agents", made["key"]).status_code == 401
    entry = newest(audited, Action.KEY_REFUSED)
    assert (entry["subject_id"], entry["subject_name"]) == (made["id"], "forgotten in a script")


def test_a_failed_sign_in_is_told_and_what_was_typed_is_not(audited: Server) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", **FROM}
    for body in ({"key": "correct horse battery staple"}, {"link_token": "correct-horse"}):
        assert audited.request("POST", "/api/v1/session", json=body, headers=headers).status_code == 401
    entry = newest(audited, Action.SIGN_IN_REFUSED)
    assert (entry["address"], entry["key_prefix"], entry["actor_key_id"]) == (ADDRESS, "", None)
    assert "horse" not in str(entries(audited)) + audited.log.read_text()


def test_what_is_refused_is_in_the_servers_log_too(audited: Server) -> None:
    wrong = make_key(KeyScope.ADMIN)
    audited.request("GET", "/api/v1/agents", wrong, headers={"X-Forwarded-For": "203.0.113.8"})
    entries(audited)
    (line,) = [line for line in audited.log.read_text().splitlines() if wrong[:12] in line]
    assert '"key_refused"' in line
    assert '"address": "203.0.113.8"' in line


def test_a_page_of_one_subject_leads_to_more_of_it(audited: Server) -> None:
    agent_id = audited.new_agent(name="busy")
    for number in range(3):
        audited.api.post(f"agents/{agent_id}/grants", json={"tool_name": f"tool_{number}"})
    first = audited.api.get("audit", params={"subject_id": agent_id, "limit": 2})
    rest = audited.request("GET", first.links["next"]["url"], audited.admin_key).json()
    assert {one["subject_id"] for one in first.json() + rest} == {agent_id}
    assert len(first.json() + rest) == 4


def test_a_page_leads_to_the_next_and_nothing_is_told_twice(audited: Server) -> None:
    for number in range(5):
        audited.api.post("keys", json={"name": f"key {number}", "scope": "readonly"})
    path, seen = "/api/v1/audit?limit=2&action=key_created", []
    for _ in range(3):
        answer = audited.request("GET", path, audited.admin_key)
        seen += answer.json()
        path = answer.links["next"]["url"]
    assert [one["subject_name"] for one in seen[:5]] == [f"key {number}" for number in range(4, -1, -1)]
    assert len({one["id"] for one in seen}) == 6
    assert seen == entries(audited, Action.KEY_CREATED)[:6]


@pytest.mark.parametrize(
    "params", [{"action": "nothing"}, {"limit": 0}, {"limit": 201}, {"cursor": "x"}, {"cursor": "\0"}], ids=str
)
def test_what_makes_no_sense_is_refused(audited: Server, params: dict[str, Any]) -> None:
    assert_refused(audited.api.get("audit", params=params), 422)


def test_refusals_are_forgotten_before_what_was_done(postgres_dsn: str, folder: Any, server: Server) -> None:
    database = Database(server.dsn.replace("postgresql://", "postgresql+asyncpg://"))
    moment = now()

    async def forget() -> None:
        async with database.transaction() as session:
            await service.forget_old(session, moment)
        await database.close()

    for action in (Action.KEY_CREATED, Action.KEY_REFUSED):
        for age in (89, 91, 399, 401):
            query(
                server.dsn,
                "INSERT INTO audit_log (id, at, action, actor_name, address, subject_name, key_prefix, detail, count)"
                " VALUES (gen_random_uuid(), $1, $2, 'aged', '', '', '', $3, 1)",
                moment - timedelta(days=age),
                action.value,
                str(age),
            )
    asyncio.run(forget())
    rows = query(server.dsn, "SELECT action, detail FROM audit_log WHERE actor_name = 'aged' ORDER BY 1, 2")
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("key_created", "399"),
        ("key_created", "89"),
        ("key_created", "91"),
        ("key_refused", "89"),
    ]


def test_the_log_tells_of_settings_that_changed_between_two_starts(postgres_dsn: str, folder: Any) -> None:
    dsn = new_database(postgres_dsn)
    hook = "https://hooks.slack.com/services/T/B/private-part"
    with running(dsn, folder) as first:
        admin_key = first.admin_key
        assert entries(first, Action.SETTINGS_CHANGED) == []
    with running(dsn, folder, settings={"EVENT_RETENTION_DAYS": "30", "SLACK_WEBHOOK_URL": hook}) as second:
        second.admin_key = admin_key
        (entry,) = entries(second, Action.SETTINGS_CHANGED)
        assert entry["detail"] == "event_retention_days: 90 -> 30; is_slack_configured: false -> true"
    assert "private-part" not in str(query(dsn, "SELECT * FROM server_facts"))


def test_the_stored_words_of_refusals_are_those_of_the_log() -> None:
    assert {action.value for action in REFUSALS} == {"key_refused", "sign_in_refused"}


def test_refusals_of_the_last_moment_are_written_down_at_the_end(postgres_dsn: str, folder: Any) -> None:
    dsn = new_database(postgres_dsn)
    with running(dsn, folder) as server:
        for _ in range(3):
            server.request("GET", "/api/v1/agents", make_key(KeyScope.ADMIN))
        server.stop()
    rows = query(dsn, "SELECT sum(count)::int AS n FROM audit_log WHERE action = 'key_refused'")
    assert rows == [{"n": 3}]

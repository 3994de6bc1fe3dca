"""The audit log: who did what, and who was not let in; never a secret, and never without bound."""

from typing import Any

from agentsentinel.audit.actions import Action
from agentsentinel.auth.key_digests import make_key
from agentsentinel.auth.principal import KeyScope
from server.audit.support import entries
from server.faults.embedded_platform import run_command
from server.support import SECRET, Server, assert_refused, new_database, query, running

ADDRESS = "203.0.113.7"

FROM = {"X-Forwarded-For": ADDRESS}


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
    audited.api.patch(f"{agent}/grants/{grant['id']}", json={"rate_limit_per_hour": None, "note": "it is slow"})
    server = {"server_name": "files", "server_url": "http://10.0.0.5/mcp"}
    connection = audited.api.post(f"{agent}/mcp", json=server).json()
    audited.api.patch(f"{agent}/mcp/{connection['id']}", json={"server_url": "https://files.test/mcp"})
    audited.api.delete(f"{agent}/mcp/{connection['id']}")
    audited.api.delete(f"{agent}/grants/{grant['id']}")
    audited.api.patch(agent, json={"name": "postman", "description": "Writes to customers", "note": "as it is called"})
    audited.api.patch(agent, json={"name": "postman", "note": "nothing changed"})

    told = [(one["action"], one["detail"]) for one in reversed(entries(audited, subject_id=agent_id))]
    assert told == [
        ("agent_registered", "type llm_agent, model m, team sales"),
        ("grant_added", "tool send_email"),
        ("grant_changed", "tool send_email: rate_limit_per_hour: null -> 9"),
        ("grant_changed", "tool send_email: rate_limit_per_hour: 9 -> null: it is slow"),
        ("connection_added", "server files at http://10.0.0.5/mcp"),
        ("connection_changed", 'server files: server_url: "http://10.0.0.5/mcp" -> "https://files.test/mcp"'),
        ("connection_removed", "server files at https://files.test/mcp"),
        ("grant_removed", "tool send_email"),
        (
            "agent_changed",
            'name: "mailer" -> "postman"; description: null -> "Writes to customers": as it is called',
        ),
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


def test_refusals_of_the_last_moment_are_written_down_at_the_end(postgres_dsn: str, folder: Any) -> None:
    dsn = new_database(postgres_dsn)
    with running(dsn, folder) as server:
        for _ in range(3):
            server.request("GET", "/api/v1/agents", make_key(KeyScope.ADMIN))
        server.stop()
    rows = query(dsn, "SELECT sum(count)::int AS n FROM audit_log WHERE action = 'key_refused'")
    assert rows == [{"n": 3}]

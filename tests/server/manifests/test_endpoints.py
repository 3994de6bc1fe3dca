"""Pinned manifests: trusted at first sight, compared from then on, decided by a person, and findings meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from agentsentinel.manifests.parsing import MOST_DEPTH, MOST_VALUES
from agentsentinel.manifests.schemas import MOST_ITEMS
from agentsentinel.manifests.service import MOST_MANIFESTS
from server.manifests.support import (
    ALICE,
    BOB,
    DELETE,
    POISONED,
    REWORDED,
    SEARCH,
    SEND,
    TEXT,
    WIDER,
    decide,
    detail,
    findings,
    report,
)
from server.support import Server, assert_refused, query

CHANGED = "TOOL_DEFINITION_CHANGED"


def test_what_is_seen_first_is_pinned_and_nothing_is_found(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    manifest = report(server, agent_id, tool=[SEND, SEARCH], instructions=[TEXT], prompt=[], server_version="1.2")
    assert (manifest["state"], manifest["changes"], manifest["changes_count"]) == ("approved", [], 0)
    assert manifest["counts"] == {"tool": 2, "instructions": 1, "prompt": 0}
    assert (manifest["server_name"], manifest["principal"], manifest["server_version"]) == ("mail", "", "1.2")
    assert [manifest[name] for name in ("changed_at", "decided_at", "decided_by", "note")] == [None] * 4
    whole = detail(server, manifest)
    assert whole["pinned"] == whole["offered"]
    assert [(item["kind"], item["name"], item["definition"]) for item in whole["pinned"]] == [
        ("instructions", "", TEXT),
        ("tool", "send_email", SEND),
        ("tool", "search", SEARCH),
    ]
    assert whole["diffs"] == []
    assert server.api.get(f"agents/{agent_id}/manifests").json() == [manifest]
    assert CHANGED not in findings(server, agent_id)


@pytest.mark.parametrize(
    ("kind", "before", "after", "severity", "item"),
    [
        ("tool", [SEND], [REWORDED], "LOW", "tool send_email"),
        ("tool", [SEND], [], "LOW", "tool send_email"),
        ("tool", [SEND], [WIDER], "MEDIUM", "tool send_email"),
        ("tool", [SEND], [SEND, SEARCH], "MEDIUM", "tool search"),
        ("tool", [SEND], [SEND, DELETE], "HIGH", "tool delete_email"),
        ("instructions", [TEXT], [{"text": "Never ask."}], "CRITICAL", "instructions"),
        ("instructions", [], [TEXT], "CRITICAL", "instructions"),
        ("skill", [], [{"uri": "skill://mail", "digest": "0"}], "CRITICAL", "skill skill://mail"),
        ("prompt", [], [{"name": "greet"}], "LOW", "prompt greet"),
        ("resource-template", [], [{"uriTemplate": "mail://{id}"}], "LOW", "resource-template mail://{id}"),
    ],
)
def test_a_change_is_a_finding_of_its_grade_until_it_is_approved(
    server: Server, kind: str, before: list[Any], after: list[Any], severity: str, item: str
) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, **{kind: before})
    changed = report(server, agent_id, **{kind: after})
    assert changed["state"] == "changed"
    assert [(change["item"], change["severity"]) for change in changed["changes"]] == [(item, severity)]
    assert changed["changed_at"] is not None
    found = findings(server, agent_id)[CHANGED]
    assert found["severity"] == severity
    assert [line.startswith(f"change:{item} (mail): ") for line in found["evidence"]] == [True]
    approved = decide(server, changed, "approve", note="asked the vendor")
    assert (approved["state"], approved["changes"], approved["note"]) == ("approved", [], "asked the vendor")
    assert approved["decided_by"]
    assert [entry["definition"] for entry in detail(server, approved)["pinned"]] == after
    assert CHANGED not in findings(server, agent_id)


def test_the_diff_shows_what_was_and_what_is(server: Server) -> None:
    agent_id = server.new_agent()
    report(server, agent_id, tool=[SEND, SEARCH])
    whole = detail(server, report(server, agent_id, tool=[REWORDED, DELETE]))
    assert [diff["item"] for diff in whole["diffs"]] == ["tool delete_email", "tool search", "tool send_email"]
    assert [{name: diff[name] for name in ("item", "what", "severity")} for diff in whole["diffs"]] == whole["changes"]
    new, gone, reworded = (diff["lines"] for diff in whole["diffs"])
    assert {line[0] for line in new} == {"+"}
    assert {line[0] for line in gone} == {"-"}
    assert "-description: Sends an email to one person." in reworded
    assert "+description: Sends an email to one person, at once." in reworded


def test_a_server_that_offers_again_what_is_pinned_needs_no_decision(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    first = report(server, agent_id, tool=[SEND, SEARCH])
    assert report(server, agent_id, tool=[SEND])["state"] == "changed"
    back = report(server, agent_id, tool=[SEARCH, SEND])
    assert (back["state"], back["digest"], back["changes_count"]) == ("approved", first["digest"], 0)
    assert CHANGED not in findings(server, agent_id)


def test_a_rejected_change_stays_rejected_and_a_further_one_is_to_be_decided_anew(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND])
    rejected = decide(server, report(server, agent_id, tool=[SEND, DELETE]), "reject", note="not ours")
    assert (rejected["state"], rejected["changes_count"], rejected["note"]) == ("rejected", 1, "not ours")
    assert CHANGED in findings(server, agent_id)
    assert report(server, agent_id, tool=[SEND, DELETE])["state"] == "rejected"
    assert report(server, agent_id, tool=[REWORDED])["state"] == "changed"
    assert report(server, agent_id, tool=[SEND, DELETE])["state"] == "rejected"
    assert report(server, agent_id, tool=[SEND])["state"] == "approved"
    assert report(server, agent_id, tool=[SEND, DELETE])["state"] == "rejected"
    assert [item["name"] for item in detail(server, rejected)["pinned"]] == ["send_email"]


def test_a_decision_about_something_else_than_is_offered_now_is_refused(server: Server) -> None:
    agent_id = server.new_agent()
    report(server, agent_id, tool=[SEND])
    read = report(server, agent_id, tool=[REWORDED])
    now = report(server, agent_id, tool=[DELETE])
    for decision in ("approve", "reject"):
        path = f"agents/{agent_id}/manifests/{read['id']}/{decision}"
        assert_refused(server.api.post(path, json={"digest": read["digest"]}), 409)
    assert server.api.get(f"agents/{agent_id}/manifests").json() == [now]


def test_what_is_pinned_can_be_confirmed_and_not_rejected(server: Server) -> None:
    agent_id = server.new_agent()
    first = report(server, agent_id, tool=[SEND])
    confirmed = decide(server, first, "approve")
    assert confirmed["decided_at"]
    assert confirmed["pinned_at"] == first["pinned_at"]
    path = f"agents/{agent_id}/manifests/{first['id']}/reject"
    assert_refused(server.api.post(path, json={"digest": first["digest"]}), 409)


def test_a_repetition_moves_only_the_time_it_was_seen(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND], instructions=[TEXT])
    stored = "SELECT to_jsonb(m) - 'last_seen_at' AS row FROM mcp_manifests m WHERE agent_id = $1"
    scored = "SELECT xmin::text AS version FROM agents WHERE id = $1"
    before = [query(server.dsn, sql, agent_id) for sql in (stored, scored)]
    first = server.api.get(f"agents/{agent_id}/manifests").json()[0]
    again = report(server, agent_id, tool=[SEND])
    assert again["last_seen_at"] > first["last_seen_at"]
    assert [query(server.dsn, sql, agent_id) for sql in (stored, scored)] == before


def test_kinds_that_were_not_listed_stay_as_they_were(server: Server) -> None:
    agent_id = server.new_agent()
    report(server, agent_id, tool=[SEND])
    with_text = report(server, agent_id, instructions=[TEXT])
    assert (with_text["state"], with_text["counts"]) == ("approved", {"tool": 1, "instructions": 1})
    changed = report(server, agent_id, tool=[])
    assert (changed["changes_count"], changed["counts"]) == (1, {"tool": 0, "instructions": 1})
    assert report(server, agent_id, instructions=[])["changes_count"] == 2


def test_another_principal_is_not_shown_anything_else_under_the_same_name(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, principal=ALICE, tool=[SEND])
    same = report(server, agent_id, principal=BOB, tool=[SEND, SEARCH])
    assert (same["state"], same["principal"]) == ("approved", BOB)
    other = report(server, agent_id, tool=[REWORDED, SEARCH, DELETE])
    assert [change["item"] for change in other["changes"]] == ["tool send_email"]
    assert [item["definition"] for item in detail(server, other)["pinned"]] == [SEND, SEARCH, DELETE]
    assert report(server, agent_id, server_name="post", tool=[REWORDED])["state"] == "approved"


def test_the_same_change_for_many_principals_is_one_line_of_evidence(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    for tool in (SEND, REWORDED):
        for principal in (ALICE, BOB):
            report(server, agent_id, principal=principal, tool=[tool])
    [line] = findings(server, agent_id)[CHANGED]["evidence"]
    assert line.startswith("change:tool send_email (mail): reworded: description [")


def test_a_second_change_opens_an_acknowledged_finding_again(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND])
    report(server, agent_id, tool=[REWORDED])
    found = findings(server, agent_id)[CHANGED]["id"]
    server.api.patch(f"findings/{found}", json={"status": "ACKNOWLEDGED"})
    report(server, agent_id, tool=[{**SEND, "description": "Sends it to us as well."}])
    assert findings(server, agent_id)[CHANGED]["status"] == "OPEN"


def test_poisoned_and_unsafe_definitions_are_findings_at_once(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    far = {**SEND, "inputSchema": {"$ref": "https://example.com/schema.json"}}
    false = {**DELETE, "annotations": {"readOnlyHint": True}}
    report(server, agent_id, tool=[POISONED, far, false])
    found = findings(server, agent_id)
    assert found["TOOL_POISONING"]["severity"] == "CRITICAL"
    assert found["TOOL_POISONING"]["evidence"] == ["poison:instruction:search (mail)"]
    assert [line.split(":")[1] for line in found["UNSAFE_TOOL_DEFINITION"]["evidence"]] == ["send_email (mail)"]
    assert [line.split(":")[1] for line in found["MISLEADING_ANNOTATION"]["evidence"]] == ["delete_email (mail)"]
    report(server, agent_id, tool=[SEARCH, SEND, DELETE])
    assert set(findings(server, agent_id)) & {"TOOL_POISONING", "UNSAFE_TOOL_DEFINITION"} == set()


def test_lists_that_caches_share_are_unsafe_when_they_were_given_for_a_credential(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND], lists_are_public=True)
    assert "UNSAFE_TOOL_DEFINITION" not in findings(server, agent_id)
    report(server, agent_id, principal=ALICE, tool=[SEND])
    assert "UNSAFE_TOOL_DEFINITION" not in findings(server, agent_id)
    report(server, agent_id, principal=ALICE, lists_are_public=True)
    assert "UNSAFE_TOOL_DEFINITION" in findings(server, agent_id)


def test_without_a_manifest_the_rules_about_it_are_open_only_for_agents_with_servers(server: Server) -> None:
    def is_open(agent_id: str) -> bool:
        server.api.get(f"agents/{agent_id}/score")
        return CHANGED in [each["rule_id"] for each in server.api.get(f"agents/{agent_id}").json()["not_evaluated"]]

    agent_id = server.new_agent(description="Sends mail")
    assert not is_open(agent_id)
    mcp = {"server_name": "mail", "server_url": "https://mcp.example.com"}
    server.api.post(f"agents/{agent_id}/mcp", json=mcp)
    assert is_open(agent_id)
    report(server, agent_id, tool=[SEND])
    assert not is_open(agent_id)


def test_two_reports_at_once_make_one_manifest_and_lose_nothing(server: Server) -> None:
    agent_id = server.new_agent()
    lists = [{"tool": [SEND]}, {"prompt": [{"name": "greet"}]}, {"skill": []}, {"instructions": [TEXT]}]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: report_once(server, agent_id, each), lists * 2))
    assert {answer["state"] for answer in answers} == {"approved"}
    [manifest] = server.api.get(f"agents/{agent_id}/manifests").json()
    assert manifest["counts"] == {"tool": 1, "prompt": 1, "skill": 0, "instructions": 1}


def report_once(server: Server, agent_id: str, lists: dict[str, Any]) -> dict[str, Any]:
    """Report until no other report came in between."""
    while True:
        answer = server.api.put(f"agents/{agent_id}/manifests", json={"server_name": "mail", "lists": lists})
        if answer.status_code != 503:
            assert answer.status_code == 200, answer.text
            manifest: dict[str, Any] = answer.json()
            return manifest


def test_a_manifest_that_is_removed_is_trusted_anew(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND])
    changed = report(server, agent_id, tool=[DELETE])
    assert server.api.delete(f"agents/{agent_id}/manifests/{changed['id']}").status_code == 204
    assert CHANGED not in findings(server, agent_id)
    assert server.api.get(f"agents/{agent_id}/manifests").json() == []
    assert report(server, agent_id, tool=[DELETE])["state"] == "approved"


def test_decisions_are_in_the_audit_log(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    report(server, agent_id, tool=[SEND])
    manifest = decide(server, report(server, agent_id, tool=[DELETE]), "reject", note="no")
    decide(server, manifest, "approve")
    server.api.delete(f"agents/{agent_id}/manifests/{manifest['id']}")
    entries = server.api.get("audit", params={"subject_id": agent_id}).json()[:3]
    assert [entry["action"] for entry in entries] == ["manifest_removed", "manifest_approved", "manifest_rejected"]
    digest = manifest["digest"][:12]
    assert [entry["detail"] for entry in entries] == [
        f"server mail, {digest}",
        f"server mail, 2 changed, {digest}",
        f"server mail, 2 changed, {digest}: no",
    ]


def test_manifests_go_with_their_agent(server: Server) -> None:
    agent_id = server.new_agent()
    manifest = report(server, agent_id, tool=[SEND])
    server.api.delete(f"agents/{agent_id}")
    for path in ("manifests", f"manifests/{manifest['id']}"):
        assert_refused(server.api.get(f"agents/{agent_id}/{path}"), 404)
    assert query(server.dsn, "SELECT FROM mcp_manifests WHERE agent_id = $1", agent_id) == []


def test_a_manifest_of_another_agent_is_not_found(server: Server) -> None:
    mine, other = server.new_agent(), server.new_agent()
    manifest = report(server, other, tool=[SEND])
    path = f"agents/{mine}/manifests/{manifest['id']}"
    assert_refused(server.api.get(path), 404)
    assert_refused(server.api.delete(path), 404)
    assert_refused(server.api.post(f"{path}/approve", json={"digest": manifest["digest"]}), 404)


def test_what_postgresql_cannot_store_is_repaired_and_compared_all_the_same(server: Server) -> None:
    agent_id = server.new_agent()
    path = f"agents/{agent_id}/manifests"
    odd = r'{"name": "a\u0000\ud800", "description": "\\u0000", "maximum": 1e400, "x": [1e2, 1E-7, -0.0, 1e16, 1.0]}'
    body = f'{{"server_name": "mail", "lists": {{"tool": [{odd}]}}}}'
    manifests = [
        server.api.put(path, content=body, headers={"Content-Type": "application/json"}).json() for _ in range(2)
    ]
    assert {manifest["state"] for manifest in manifests} == {"approved"}
    [item] = detail(server, manifests[0])["pinned"]
    assert item["definition"] == {
        "name": "a\ufffd\ufffd",
        "description": "\\u0000",
        "maximum": "1e400",
        "x": [100.0, 1e-7, -0.0, 1e16, 1.0],
    }
    assert report(server, agent_id, prompt=[])["state"] == "approved"


@pytest.mark.parametrize(
    "wrong",
    [
        {"server_name": ""},
        {"server_name": "x" * 256},
        {"principal": "A1"},
        {"principal": "a" * 65},
        {"principal": None},
        {"server_version": "1" * 256},
        {"lists": None},
        {"lists": {"rumour": []}},
        {"lists": {"tool": {}}},
        {"lists": {"tool": ["x"]}},
        {"lists": {"tool": [{}] * (MOST_ITEMS + 1)}},
        {"lists": {"tool": [{}] * MOST_ITEMS, "prompt": [{}]}},
    ],
)
def test_what_is_not_a_manifest_is_refused(server: Server, wrong: dict[str, Any]) -> None:
    agent_id = server.new_agent()
    body = {"server_name": "mail", "lists": {"tool": [SEND]}, **wrong}
    assert_refused(server.api.put(f"agents/{agent_id}/manifests", json=body), 422)
    assert server.api.get(f"agents/{agent_id}/manifests").json() == []


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_definitions_nest_as_deep_as_documented_and_no_deeper(server: Server) -> None:
    agent_id = server.new_agent()
    deepest = report(server, agent_id, tool=[{"name": "a", "x": nested(MOST_DEPTH - 1)}])
    assert detail(server, deepest)["pinned"][0]["definition"]["x"] == nested(MOST_DEPTH - 1)
    report(server, agent_id, tool=[{"name": "b", "x": nested(MOST_DEPTH - 1)}])
    assert detail(server, deepest)["diffs"][0]["lines"]
    for levels in (MOST_DEPTH, 990, 100_000):
        body = f'{{"server_name": "s", "lists": {{"tool": [{{"x": {"[" * levels}{"]" * levels}}}]}}}}'
        headers = {"Content-Type": "application/json"}
        answer = server.api.put(f"agents/{agent_id}/manifests", content=body, headers=headers)
        assert_refused(answer, 400, 422)


def test_more_values_than_documented_are_refused(server: Server) -> None:
    agent_id = server.new_agent()
    body = {"server_name": "mail", "lists": {"tool": [{"x": [0] * MOST_VALUES}]}}
    assert_refused(server.api.put(f"agents/{agent_id}/manifests", json=body), 413)


def test_an_agent_has_a_bounded_number_of_manifests(server: Server) -> None:
    agent_id = server.new_agent()
    first = report(server, agent_id, server_name="0", tool=[SEND])
    columns = query(
        server.dsn,
        "SELECT string_agg(column_name, ', ') AS names FROM information_schema.columns"
        " WHERE table_name = 'mcp_manifests' AND column_name NOT IN ('id', 'server_name')",
    )[0]["names"]
    query(
        server.dsn,
        f"INSERT INTO mcp_manifests (id, server_name, {columns})"
        f" SELECT gen_random_uuid(), n::text, {columns} FROM mcp_manifests, generate_series(1, $2::int) n"
        " WHERE agent_id = $1",
        agent_id,
        MOST_MANIFESTS - 1,
    )
    path = f"agents/{agent_id}/manifests"
    assert_refused(server.api.put(path, json={"server_name": "new", "lists": {"tool": [SEND]}}), 409)
    assert report(server, agent_id, server_name="1", tool=[DELETE])["state"] == "changed"
    query(server.dsn, "UPDATE mcp_manifests SET items = 105 WHERE agent_id = $1 AND id <> $2", agent_id, first["id"])
    assert_refused(server.api.put(path, json={"server_name": "2", "lists": {"tool": [SEND] * 200}}), 409)


def test_a_large_manifest_is_stored_shown_and_compared(server: Server) -> None:
    agent_id = server.new_agent(description="Sends mail")
    properties = {f"p{n}": {"type": "string", "description": "What to look for. " * 20} for n in range(8)}
    tools = [
        {"name": f"tool_{n}", "description": "Finds it. " * 20, "inputSchema": {"properties": properties}}
        for n in range(MOST_ITEMS)
    ]
    assert 6e6 < len(json.dumps(tools)) < 8e6
    report(server, agent_id, tool=tools)
    changed = report(server, agent_id, tool=[{**tool, "description": "Finds it not."} for tool in tools])
    assert changed["changes_count"] == MOST_ITEMS
    assert len(changed["changes"]) < MOST_ITEMS
    assert len(detail(server, changed)["pinned"]) == MOST_ITEMS
    assert decide(server, changed, "approve")["state"] == "approved"

"""OCSF: each event is a valid Detection Finding of the published schema that it declares."""

import json
from functools import cache
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from agentsentinel.alerts.event import Activity, sample_event
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.config import OcsfVersion
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import RULES
from server.alerts.events import AT, an_event

PUBLISHED: list[OcsfVersion] = ["1.6.0", "1.7.0", "1.8.0"]
"""Versions whose schema is published; 1.9.0 was in development in July 2026."""
CAPTIONS = {
    "activity_id": {1: "Create", 2: "Update", 3: "Close"},
    "severity_id": {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"},
    "status_id": {1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"},
}
"""Captions of OCSF's enumerations for a finding, which JSON Schema cannot hold beside their numbers."""


@cache
def validator(version: str, *profiles: str) -> Draft202012Validator:
    """Return the validator of the class with profiles; it refuses attributes that the class does not have."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version)).get_class_schema(
        class_name="detection_finding", profiles=list(profiles)
    )
    return Draft202012Validator(schema)


def errors(finding: dict[str, Any], version: str) -> list[str]:
    declared = validator(version, *finding["metadata"].get("profiles", ()))
    return [
        f"{error.instance_path}: {error.message}" for error in declared.iter_errors(json.loads(json.dumps(finding)))
    ]


@pytest.mark.parametrize("version", PUBLISHED)
@pytest.mark.parametrize("activity", Activity)
@pytest.mark.parametrize("severity", Severity)
def test_every_activity_and_severity_is_valid(version: OcsfVersion, activity: Activity, severity: Severity) -> None:
    finding = detection_finding(an_event(activity, severity=severity), version)
    assert errors(finding, version) == []
    for number, captions in CAPTIONS.items():
        if finding[number] != 99:
            assert captions[finding[number]] == finding[{"activity_id": "activity_name"}.get(number, number[:-3])]
    assert finding["type_uid"] == 2004 * 100 + finding["activity_id"]


@pytest.mark.parametrize("version", PUBLISHED)
@pytest.mark.parametrize("rule_id", [rule.id for rule in RULES])
def test_every_rule_is_valid_with_its_references(version: OcsfVersion, rule_id: str) -> None:
    finding = detection_finding(an_event(rule_id=rule_id), version)
    assert errors(finding, version) == []
    references = next(rule.references for rule in RULES if rule.id == rule_id)
    assert [one for one in references if json.dumps(one) not in json.dumps(finding)] == []


@pytest.mark.parametrize(("status", "is_snoozed"), [("OPEN", False), ("ACKNOWLEDGED", False), ("ACKNOWLEDGED", True)])
def test_a_decision_is_valid_and_names_its_status(status: str, is_snoozed: bool) -> None:
    finding = detection_finding(an_event(Activity.CHANGED, status=status, is_snoozed=is_snoozed), "1.8.0")
    assert errors(finding, "1.8.0") == []
    wanted = "Suppressed" if is_snoozed else {"OPEN": "New", "ACKNOWLEDGED": "In Progress"}[status]
    assert (finding["activity_name"], finding["status"]) == ("Update", wanted)


@pytest.mark.parametrize("version", PUBLISHED)
def test_an_assignee_is_valid_by_the_incident_profile(version: OcsfVersion) -> None:
    finding = detection_finding(an_event(Activity.CHANGED, assignee="ana", due_on=AT.date()), version)
    assert errors(finding, version) == []
    assert (finding["assignee"], finding["unmapped"]["due_on"]) == ({"name": "ana"}, AT.date().isoformat())


def test_the_test_event_is_valid_and_says_that_it_is_a_test() -> None:
    finding = detection_finding(sample_event(AT), "1.8.0")
    assert errors(finding, "1.8.0") == []
    assert (finding["activity_id"], finding["activity_name"], finding["severity"]) == (99, "Test", "Informational")
    assert finding["is_alert"] is False


@pytest.mark.parametrize(
    ("member", "value"),
    [("ai_agent", {"uid": "x"}), ("severity_id", 7), ("time", "now"), ("class_uid", "2004"), ("surplus", 1)],
)
def test_the_schema_refuses_what_is_wrong(member: str, value: object) -> None:
    assert errors({**detection_finding(an_event(), "1.8.0"), member: value}, "1.8.0") != []


def test_an_activity_is_a_create_an_update_or_a_close() -> None:
    shown = {activity: detection_finding(an_event(activity), "1.8.0")["activity_name"] for activity in Activity}
    assert shown == {
        Activity.OPENED: "Create",
        Activity.REOPENED: "Update",
        Activity.CHANGED: "Update",
        Activity.RESOLVED: "Close",
        Activity.TEST: "Test",
    }


@pytest.mark.parametrize(
    ("agent_type", "wanted"),
    [
        ("langchain", (2, "LangChain")),
        ("AutoGen", (3, "AutoGen")),
        ("crewai", (4, "CrewAI")),
        ("custom", (1, "Native")),
        ("llm_agent", (0, "Unknown")),
        ("strands", (99, "strands")),
    ],
)
def test_the_agent_has_its_framework(agent_type: str, wanted: tuple[int, str]) -> None:
    event = an_event(agent_type=agent_type)
    agent = detection_finding(event, "1.8.0")["unmapped"]["ai_agent"]
    assert (agent["type_id"], agent["type"]) == wanted
    assert (agent["uid"], agent["name"]) == (str(event.agent.id), "crm-bot")


def test_the_agent_is_evidence_from_version_1_9_and_unmapped_before() -> None:
    event = an_event()
    new, old = detection_finding(event, "1.9.0"), detection_finding(event, "1.8.0")
    assert new["evidences"][0]["ai_agent"] == old["unmapped"]["ai_agent"]
    assert ("ai_agent" in new["unmapped"], "ai_agent" in old["evidences"][0]) == (False, False)
    assert (new["metadata"]["version"], old["metadata"]["version"]) == ("1.9.0", "1.8.0")


def test_atlas_is_in_attacks_and_the_other_catalogues_are_tags() -> None:
    info = detection_finding(an_event(references=("ASI02", "CWE-78", "AML.T0085.001", "AML.TA0015")), "1.8.0")[
        "finding_info"
    ]
    assert info["attacks"] == [
        {
            "technique": {"uid": "AML.T0085", "name": "Data from AI Services"},
            "sub_technique": {"uid": "AML.T0085.001", "name": "AI Agent Tools"},
        },
        {"tactic": {"uid": "AML.TA0015", "name": "Lateral Movement"}},
    ]
    assert info["tags"] == [{"name": "owasp_agentic", "values": ["ASI02"]}, {"name": "cwe", "values": ["CWE-78"]}]


def test_a_behaviour_finding_has_a_behavioural_analytic() -> None:
    analytic = detection_finding(an_event(finding_type="BEHAVIOR"), "1.8.0")["finding_info"]["analytic"]
    assert (analytic["type_id"], analytic["type"]) == (2, "Behavioral")

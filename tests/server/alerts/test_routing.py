"""Routes say which alerts a destination gets: every condition of one of them holds, or its setting decides."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agentsentinel.alerts.event import Activity, FindingEvent, sample_event
from agentsentinel.alerts.ocsf_file import OcsfFile
from agentsentinel.alerts.routing import AlertKind, Route, is_wanted, kind_of
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel_core.findings import Severity
from agentsentinel_core.posture.registry import RULES
from server.alerts.support import WEBHOOK

SLACK = SlackWebhook(WEBHOOK)
SAMPLE = sample_event(datetime(2030, 1, 1, tzinfo=UTC))


def opened(
    severity: Severity = Severity.CRITICAL,
    rule_id: str = "EXFILTRATION_PATH",
    team: str = "finance",
    activity: Activity = Activity.OPENED,
) -> FindingEvent:
    finding = SAMPLE.finding.model_copy(update={"severity": severity, "rule_id": rule_id})
    agent = SAMPLE.agent.model_copy(update={"owner_team": team})
    return SAMPLE.model_copy(update={"finding": finding, "agent": agent, "activity": activity})


def route(**conditions: frozenset[str]) -> Route:
    return Route("slack", Severity.MEDIUM, **conditions)


def test_without_a_route_a_destination_decides_by_its_setting() -> None:
    other = Route("webhook", Severity.LOW)
    assert is_wanted(SLACK, [other], opened())
    assert not is_wanted(SLACK, [other], opened(Severity.HIGH))


def test_a_route_takes_alerts_of_its_severity_and_worse() -> None:
    taken = [severity for severity in Severity if is_wanted(SLACK, [route()], opened(severity))]
    assert set(taken) == {Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL}


def test_each_condition_of_a_route_must_hold() -> None:
    finance = route(teams=frozenset({"Finance"}), rules=frozenset({"EXFILTRATION_PATH"}))
    assert is_wanted(SLACK, [finance], opened(team="FINANCE"))
    assert not is_wanted(SLACK, [finance], opened(team="sales"))
    assert not is_wanted(SLACK, [finance], opened(rule_id="DANGEROUS_GRANTS"))


def test_one_of_several_routes_is_enough() -> None:
    routes = [route(teams=frozenset({"sales"})), route(rules=frozenset({"SESSION_ANOMALY"}))]
    assert is_wanted(SLACK, routes, opened(rule_id="SESSION_ANOMALY"))
    assert not is_wanted(SLACK, routes, opened())


def test_behaviour_is_told_from_posture_by_what_its_findings_cost() -> None:
    assert kind_of("SESSION_ANOMALY") is AlertKind.BEHAVIOUR
    assert kind_of("AGENT_SILENT") is AlertKind.SILENCE
    assert kind_of("EXFILTRATION_PATH") is AlertKind.POSTURE
    assert kind_of("A_RULE_OF_LONG_AGO") is AlertKind.POSTURE
    behaviour = route(kinds=frozenset({AlertKind.BEHAVIOUR}))
    assert is_wanted(SLACK, [behaviour], opened(rule_id="SESSION_ANOMALY"))
    assert not is_wanted(SLACK, [behaviour], opened())


def test_only_what_opens_is_an_alert() -> None:
    sent = {activity for activity in Activity if is_wanted(SLACK, [route()], opened(activity=activity))}
    assert sent == {Activity.OPENED, Activity.REOPENED}


def test_an_export_gets_everything_whatever_routes_say(tmp_path: Path) -> None:
    export = OcsfFile(tmp_path / "findings.jsonl", "1.8.0")
    routes = [Route(export.name, Severity.CRITICAL)]
    assert is_wanted(export, routes, opened(Severity.LOW, activity=Activity.RESOLVED))


severities = st.sampled_from(list(Severity))
rules = st.sampled_from([rule.id for rule in RULES])
teams = st.sampled_from(["finance", "sales", ""])


@given(severities, rules, teams, st.frozensets(rules), st.frozensets(teams), severities)
def test_a_further_route_adds_its_alerts_and_takes_none_away(
    severity: Severity,
    rule_id: str,
    team: str,
    route_rules: frozenset[str],
    route_teams: frozenset[str],
    lowest: Severity,
) -> None:
    event = opened(severity, rule_id, team)
    first = route()
    second = Route("slack", lowest, rules=route_rules, teams=route_teams)
    assert is_wanted(SLACK, [first, second], event) == (
        is_wanted(SLACK, [first], event) or is_wanted(SLACK, [second], event)
    )

"""The endpoints of destinations, on a real server with every kind: true results, counts, and no secret anywhere."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from standardwebhooks import Webhook

from agentsentinel.audit.actions import Action
from ports import free_port
from server.alerts.receivers import HANG, HttpReceiver, SyslogReceiver, http_receiver, stream_receiver
from server.alerts.support import EXFILTRATION, WEBHOOK_SECRET
from server.audit.support import entries
from server.faults.embedded_platform import run_command
from server.support import SECRET, Server, assert_refused, new_database, query, running

SECRETS = ("secret-path", "secret-token", "secret-word", WEBHOOK_SECRET, "secret-chat")
NAMES = ["webhook", "apprise-1", "apprise-2", "ocsf-file", "ocsf-syslog", "ocsf-webhook"]


class Site(NamedTuple):
    """A server, and the receivers of its alerts."""

    server: Server
    settings: dict[str, str]
    webhook: HttpReceiver
    chat: HttpReceiver
    siem: HttpReceiver
    syslog: SyslogReceiver
    file: Path


@pytest.fixture(scope="module")
def site(postgres_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("alerts")
    with ExitStack() as stack:
        webhook, chat = stack.enter_context(http_receiver(200)), stack.enter_context(http_receiver(200))
        siem, syslog = stack.enter_context(http_receiver(503)), stack.enter_context(stream_receiver())
        chats = [f"json://u:secret-word@127.0.0.1:{port}/secret-chat" for port in (chat.port, free_port())]
        settings = {
            "ALERT_WEBHOOK_URL": webhook.url,
            "ALERT_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "ALERT_APPRISE_URLS": json.dumps(chats),
            "ALERT_MIN_SEVERITY": "HIGH",
            "OCSF_FILE": str(folder / "ocsf.jsonl"),
            "OCSF_SYSLOG": syslog.url,
            "OCSF_WEBHOOK_URL": siem.url,
            "OCSF_WEBHOOK_TOKEN": "secret-token",
            "LOG_LEVEL": "DEBUG",
        }
        server = stack.enter_context(running(new_database(postgres_dsn), folder, settings=settings))
        yield Site(server, settings, webhook, chat, siem, syslog, folder / "ocsf.jsonl")


def assert_no_secret(*texts: str) -> None:
    assert [secret for secret in SECRETS for text in texts if secret in text] == []


def test_a_test_reports_what_each_destination_really_answered(site: Site) -> None:
    answer = site.server.api.post("alerts/test")
    assert answer.status_code == 200
    assert [(one["destination"], one["ok"], one["detail"]) for one in answer.json()] == [
        ("webhook", True, "answered 200"),
        ("apprise-1", True, "accepted"),
        ("apprise-2", False, "the service cannot be reached"),
        ("ocsf-file", True, "written"),
        ("ocsf-syslog", True, "sent"),
        ("ocsf-webhook", False, "the receiver answered 503"),
    ]
    posted = site.webhook.requests[-1]
    assert Webhook(WEBHOOK_SECRET).verify(posted.body, posted.headers)["type"] == "finding.test"
    [entry] = entries(site.server, Action.ALERTS_TESTED)
    assert "ocsf-webhook: the receiver answered 503" in entry["detail"]
    too_soon = site.server.api.post("alerts/test")
    assert_refused(too_soon, 429)
    assert too_soon.headers["Retry-After"] == "10"
    assert_no_secret(answer.text, str(entry))


def test_a_finding_reaches_every_destination_and_is_counted(site: Site) -> None:
    agent_id = site.server.new_agent()
    for tool in EXFILTRATION:
        assert site.server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool}).status_code == 201
    while agent_id not in (posted := site.webhook.arrived.get(timeout=60)).body.decode():
        pass
    Webhook(WEBHOOK_SECRET).verify(posted.body, posted.headers)
    while agent_id not in site.syslog.next().decode():
        pass
    while agent_id.encode() not in site.siem.arrived.get(timeout=60).body:
        pass
    wait_for_counts(site)
    assert agent_id in site.file.read_text()
    listed = site.server.api.get("alerts")
    shown = {one["destination"]: one for one in listed.json()}
    assert list(shown) == NAMES
    assert (shown["webhook"]["sent"] > 0, shown["webhook"]["last_error"]) == (True, None)
    assert shown["ocsf-webhook"]["waiting"] > 0
    assert shown["ocsf-webhook"]["last_error"] == "the receiver answered 503"
    metrics = site.server.request("GET", "/metrics").text
    assert 'agentsentinel_alerts_sent_total{destination="webhook"}' in metrics
    assert 'agentsentinel_alerts_failed_total{destination="ocsf-webhook"} 0.0' in metrics
    assert 'agentsentinel_alerts_waiting{destination="ocsf-webhook"}' in metrics
    assert_no_secret(listed.text, metrics, site.server.api.get("settings").text)


def wait_for_counts(site: Site) -> None:
    """Wait until nothing is left for the destinations that work, and all others were tried."""
    statement = (
        "SELECT count(*) AS n FROM alert_deliveries WHERE attempts = 0"
        " OR (sent_at IS NULL AND destination IN ('webhook', 'ocsf-file', 'ocsf-syslog'))"
    )
    while query(site.server.dsn, statement)[0]["n"]:
        time.sleep(0.1)


def test_no_secret_is_in_the_log_not_even_at_debug(site: Site) -> None:
    log = site.server.log.read_text()
    assert "alert_failed" in log
    assert_no_secret(log)


def test_doctor_prints_one_line_with_the_true_result_of_each_destination(site: Site) -> None:
    settings = {"DATABASE_URL": site.server.dsn, "SECRET_KEY": SECRET, **site.settings}
    described = run_command("doctor", **settings)
    assert described.returncode == 0, described.stdout
    assert "OK      alerts    webhook (http://127.0.0.1" in described.stdout
    tried = run_command("doctor", "--send-test-alert", **settings)
    assert tried.returncode == 1
    lines = [line for line in tried.stdout.splitlines() if " alerts " in line]
    assert lines == [
        "OK      alerts    webhook: answered 200",
        "OK      alerts    apprise-1: accepted",
        "FAILED  alerts    apprise-2: the service cannot be reached",
        "OK      alerts    ocsf-file: written",
        "OK      alerts    ocsf-syslog: sent",
        "FAILED  alerts    ocsf-webhook: the receiver answered 503",
    ]
    assert_no_secret(described.stdout, described.stderr, tried.stdout, tried.stderr)


def test_ingest_answers_while_a_receiver_hangs(postgres_dsn: str, folder: Path) -> None:
    with http_receiver(HANG) as receiver:
        settings = {"ALERT_WEBHOOK_URL": receiver.url, "ALERT_WEBHOOK_SECRET": WEBHOOK_SECRET}
        with running(new_database(postgres_dsn), folder, settings=settings) as server:
            agent_id = server.new_agent()
            for tool in EXFILTRATION:
                server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
            receiver.arrived.get(timeout=60)
            for _ in range(20):
                server.report(agent_id)
            assert server.api.get("alerts").json()[0]["sent"] == 0
            receiver.released.set()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ALERT_APPRISE_URLS": '["what://secret-word"]'}, "does not understand URL 1 of 1"),
        ({"ALERT_WEBHOOK_URL": "https://example.com/secret-path"}, "needs ALERT_WEBHOOK_SECRET"),
        ({"ALERT_WEBHOOK_URL": "http://example.com/secret-path"}, "ALERT_WEBHOOK_URL must be like https"),
        ({"ALERT_WEBHOOK_SECRET": "secret-word"}, "ALERT_WEBHOOK_SECRET must be whsec_"),
        ({"OCSF_SYSLOG": "http://host/secret-path"}, "OCSF_SYSLOG must be like"),
        ({"OCSF_WEBHOOK_URL": "https://u:secret-word@host"}, "OCSF_WEBHOOK_URL must be like"),
        ({"OCSF_VERSION": "0.9"}, "OCSF_VERSION"),
        ({"ALERT_MIN_SEVERITY": "huge"}, "ALERT_MIN_SEVERITY"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start_with_one_line(
    postgres_dsn: str, settings: dict[str, str], said: str
) -> None:
    dsn = new_database(postgres_dsn)
    started = run_command("up", "--port", str(free_port()), DATABASE_URL=dsn, SECRET_KEY=SECRET, **settings)
    assert started.returncode != 0
    assert said in started.stderr
    assert len([line for line in started.stderr.splitlines() if said in line]) == 1
    assert "Traceback" not in started.stderr
    assert_no_secret(started.stdout, started.stderr)


def test_routes_are_stored_whole_and_say_what_is_sent(site: Site) -> None:
    wanted = {"destination": "webhook", "min_severity": "LOW", "teams": ["billing"]}
    stored = site.server.api.put("alerts/routes", json={"routes": [wanted]})
    assert stored.status_code == 200, site.server.log.read_text()[-3000:]
    assert stored.json() == [{**wanted, "kinds": [], "rules": []}]
    assert site.server.api.get("alerts/routes").json() == stored.json()
    assert entries(site.server, Action.ALERT_ROUTES_CHANGED)[0]["detail"] == "1 routes, to webhook"
    billed, other = site.server.new_agent(owner_team="Billing"), site.server.new_agent(owner_team="sales")
    for agent_id in (other, billed):
        for tool in EXFILTRATION:
            site.server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
    posted: list[str] = []
    while not posted or billed not in posted[-1]:
        posted.append(site.webhook.arrived.get(timeout=60).body.decode())
    assert not [body for body in posted if other in body]
    sql = "SELECT destination FROM alert_deliveries WHERE agent_id = $1 AND destination = 'webhook' AND is_opening"
    assert query(site.server.dsn, sql, other) == []
    assert site.server.api.put("alerts/routes", json={"routes": []}).json() == []


def test_a_preview_counts_what_would_have_been_sent_and_sends_nothing(site: Site) -> None:
    agent_id = site.server.new_agent(owner_team="previewed")
    for tool in EXFILTRATION:
        site.server.api.post(f"agents/{agent_id}/grants", json={"tool_name": tool})
    route = {"destination": "apprise-1", "min_severity": "LOW", "teams": ["previewed"]}
    deliveries = "SELECT count(*) FROM alert_deliveries"
    before = query(site.server.dsn, deliveries)
    shown = site.server.api.post("alerts/routes/preview", json={"routes": [route]}).json()
    assert query(site.server.dsn, deliveries) == before
    assert [one["destination"] for one in shown] == NAMES[:3]
    routed = shown[1]
    findings = site.server.api.get(f"agents/{agent_id}/findings").json()
    assert routed["alerts"] == len(findings) > 1
    assert {one["finding_id"] for one in routed["newest"]} == {finding["id"] for finding in findings}
    query(site.server.dsn, "UPDATE agents SET removed_at = now() + interval '1 day' WHERE id = $1", agent_id)
    removed = site.server.api.post("alerts/routes/preview", json={"routes": [route]}).json()[1]
    assert (removed["alerts"], removed["newest"]) == (0, []), "while it is being erased"
    query(site.server.dsn, "UPDATE agents SET removed_at = NULL WHERE id = $1", agent_id)
    high = sum(
        count["count"]
        for count in query(
            site.server.dsn,
            "SELECT count(*) FROM finding_history h JOIN findings f ON f.id = h.finding_id"
            " WHERE h.status = 'OPEN' AND h.key_id IS NULL AND f.severity IN ('HIGH', 'CRITICAL')",
        )
    )
    assert (routed["alerts_as_stored"], shown[0]["alerts"], shown[0]["alerts_as_stored"]) == (high, high, high)


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ({"destination": "pager"}, "there are webhook, apprise-1, apprise-2"),
        ({"destination": "ocsf-file"}, "alerts are not sent to 'ocsf-file'"),
        ({"destination": "webhook", "rules": ["NO_RULE"]}, "there is no rule 'NO_RULE'"),
        ({"destination": "webhook", "kinds": ["weather"]}, "posture"),
        ({"destination": "webhook", "team": ["a"]}, "team"),
    ],
)
def test_a_route_that_could_not_work_is_refused_with_what_there_is(
    site: Site, route: dict[str, object], reason: str
) -> None:
    for answer in (
        site.server.api.put("alerts/routes", json={"routes": [route]}),
        site.server.api.post("alerts/routes/preview", json={"routes": [route]}),
    ):
        assert_refused(answer, 422)
        assert reason in answer.text
    assert site.server.api.get("alerts/routes").json() == []

"""Settings that changed between two starts are in the audit log."""

from typing import Any

from agentsentinel.audit.actions import Action
from server.alerts.support import WEBHOOK_SECRET
from server.audit.support import entries
from server.support import new_database, query, running


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
    more = {"ALERT_WEBHOOK_URL": "https://example.com/private-part", "ALERT_WEBHOOK_SECRET": WEBHOOK_SECRET}
    kept = {"EVENT_RETENTION_DAYS": "30", "SLACK_WEBHOOK_URL": hook}
    with running(dsn, folder, settings={**kept, **more, "OCSF_FILE": str(folder / "ocsf.jsonl")}) as third:
        third.admin_key = admin_key
        entry, _ = entries(third, Action.SETTINGS_CHANGED)
        assert entry["detail"] == 'destinations: [] -> ["alert_webhook_url", "ocsf_file"]'
    assert "private-part" not in str(query(dsn, "SELECT * FROM server_facts"))

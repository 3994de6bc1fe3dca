"""Audit of settings. They are environment variables and change between two starts, so each start compares them."""

import json
from datetime import datetime
from typing import Any

from agentsentinel.audit.actions import Action
from agentsentinel.audit.changes import describe_changes
from agentsentinel.audit.service import record
from agentsentinel.auth.principal import PLATFORM
from agentsentinel.config import Settings
from agentsentinel.kit.database import DatabaseSession
from agentsentinel.models import ServerFactRow
from agentsentinel.server_info.repository import replace_fact

FACT = "settings"
TOLD = {
    "posture_ruleset",
    "session_alert_budget",
    "silence_factor",
    "silence_min_hours",
    "event_retention_days",
    "show_docs",
    "cors_origins",
    "trusted_proxies",
    "failed_sign_ins_per_minute",
    "sentinel_allow_weak_secret",
    "log_level",
}
"""Settings that are audited: those that affect scoring, retention and access. None is a secret or names one."""

DESTINATIONS = ("alert_webhook_url", "alert_apprise_urls", "ocsf_file", "ocsf_syslog", "ocsf_webhook_url")
"""Settings that name destinations of alerts; audited is whether they are set, since some of them are secrets."""


async def note_settings(session: DatabaseSession, settings: Settings, now: datetime) -> None:
    """Record the settings that changed since the last start, and store the current ones to compare with next time."""
    present: dict[str, Any] = settings.model_dump(mode="json", include=TOLD)
    present["is_slack_configured"] = settings.slack_webhook_url is not None
    present["destinations"] = [name for name in DESTINATIONS if getattr(settings, name)]
    row = await session.get(ServerFactRow, FACT)
    before: dict[str, Any] = json.loads(row.value) if row is not None else present
    # A version that had no such setting stored none.
    if changes := describe_changes({"destinations": [], **before}, present):
        record(session, PLATFORM, Action.SETTINGS_CHANGED, now, detail=changes)
    await replace_fact(session, FACT, json.dumps(present))

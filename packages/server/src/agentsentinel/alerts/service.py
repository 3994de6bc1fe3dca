"""Create alerts for CRITICAL findings. They are stored in the transaction of the finding and sent later."""

from collections.abc import Iterable
from datetime import datetime

from agentsentinel.kit.ids import uuid7
from agentsentinel.models import AgentRow, AlertRow, FindingRow

ALERTED_SEVERITY = "CRITICAL"


def enqueue_alerts(agent: AgentRow, opened: Iterable[FindingRow], now: datetime) -> list[AlertRow]:
    """Build an alert for each CRITICAL finding that has just opened; a unique key allows one per opening."""
    return [
        AlertRow(
            id=uuid7(now.timestamp()),
            agent_id=agent.id,
            finding_id=finding.id,
            occurrence=finding.occurrences,
            text=alert_text(agent.name, finding),
            created_at=now,
            next_attempt_at=now,
        )
        for finding in opened
        if finding.severity == ALERTED_SEVERITY
    ]


def alert_text(agent_name: str, finding: FindingRow) -> str:
    """Build the text that Slack shows. Only & < > have a special meaning there."""
    return (
        f":rotating_light: *CRITICAL finding* on agent *{escape(agent_name)}*\n"
        f"*{finding.rule_id}*: {escape(finding.message)}\n{escape(finding.detail)}"
    )


def escape(text: str) -> str:
    """Escape text, so that it cannot become a link, a mention or formatting in Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""ORM models of the tables. Migrations create the tables; a test compares the two."""

from agentsentinel.models.agent_session import AgentSessionRow, AgentVersionRow, SessionNormRow, SessionStateRow
from agentsentinel.models.alert import AlertRouteRow, AlertRow, DeliveryRow
from agentsentinel.models.audit import AuditRow, ServerFactRow
from agentsentinel.models.base import Base
from agentsentinel.models.event import EventRow
from agentsentinel.models.finding import FindingHistoryRow, FindingRow
from agentsentinel.models.inventory import AgentRow, DiscoveryRow, MCPConnectionRow, ObservationRow, ToolGrantRow
from agentsentinel.models.key import KeyRow
from agentsentinel.models.manifest import ManifestRow
from agentsentinel.models.score import ScorePointRow
from agentsentinel.models.sign_in import SignInLinkRow, SignInSessionRow
from agentsentinel.models.usage import (
    ActivityRow,
    AgentDayRow,
    AgentHourRow,
    AgentMinuteRow,
    BaselineRow,
    CallReportRow,
    CounterJournalRow,
    EventReceiptRow,
    ReportDeadlineRow,
    ToolHourRow,
    ToolMinuteRow,
    ToolUsageRow,
)
from agentsentinel.models.view import SavedViewRow

__all__ = [
    "ActivityRow",
    "AgentDayRow",
    "AgentHourRow",
    "AgentMinuteRow",
    "AgentRow",
    "AgentSessionRow",
    "AgentVersionRow",
    "AlertRouteRow",
    "AlertRow",
    "AuditRow",
    "Base",
    "BaselineRow",
    "CallReportRow",
    "CounterJournalRow",
    "DeliveryRow",
    "DiscoveryRow",
    "EventReceiptRow",
    "EventRow",
    "FindingHistoryRow",
    "FindingRow",
    "KeyRow",
    "MCPConnectionRow",
    "ManifestRow",
    "ObservationRow",
    "ReportDeadlineRow",
    "SavedViewRow",
    "ScorePointRow",
    "ServerFactRow",
    "SessionNormRow",
    "SessionStateRow",
    "SignInLinkRow",
    "SignInSessionRow",
    "ToolGrantRow",
    "ToolHourRow",
    "ToolMinuteRow",
    "ToolUsageRow",
]

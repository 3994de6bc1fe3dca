"""Findings as files: CSV for spreadsheets, JSON, and OCSF for SIEMs. Read and written page by page."""

from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum

import msgspec

from agentsentinel.alerts.event import Activity, event_of
from agentsentinel.alerts.ocsf import detection_finding
from agentsentinel.config import OcsfVersion
from agentsentinel.findings import service
from agentsentinel.findings.lifecycle import FindingStatus
from agentsentinel.findings.repository import find_agents
from agentsentinel.findings.schemas import FindingFilters, FindingOfAgentOut, FindingOrder
from agentsentinel.kit.database import Database, DatabaseSession
from agentsentinel.models import FindingRow
from agentsentinel.wire.csv_lines import csv_line

PAGE = 500


class ExportFormat(StrEnum):
    """Form of a file of findings."""

    CSV = "csv"
    JSON = "json"
    OCSF = "ocsf"
    """One Detection Finding a line."""


MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSON: "application/json",
    ExportFormat.OCSF: "application/x-ndjson",
}
SUFFIXES = {ExportFormat.CSV: "csv", ExportFormat.JSON: "json", ExportFormat.OCSF: "ocsf.jsonl"}
COLUMNS = (
    "id",
    "severity",
    "status",
    "assignee",
    "due_on",
    "rule_id",
    "title",
    "agent_id",
    "agent_name",
    "owner_team",
    "message",
    "note",
    "occurrences",
    "created_at",
    "last_opened_at",
    "updated_at",
    "resolved_at",
    "snoozed_until",
)


async def write(
    database: Database, filters: FindingFilters, form: ExportFormat, version: OcsfVersion
) -> AsyncIterator[str]:
    """Yield a file of all findings that pass the filters, the worst first, in pieces."""
    cursor: str | None = None
    is_first = True
    yield {ExportFormat.CSV: csv_line(COLUMNS), ExportFormat.JSON: "[", ExportFormat.OCSF: ""}[form]
    while is_first or cursor is not None:
        async with database.transaction() as session:
            found, cursor = await service.list_all(session, filters, FindingOrder.WORST, PAGE, cursor)
            if form is ExportFormat.OCSF:
                yield await _as_ocsf(session, found, version)
            elif found:
                yield _WRITERS[form](found, is_first)
        is_first = False
    if form is ExportFormat.JSON:
        yield "]"


def _as_csv(found: Sequence[FindingOfAgentOut], is_first: bool) -> str:
    rows = [one.model_dump(mode="json") for one in found]
    return "".join(csv_line(row[name] for name in COLUMNS) for row in rows)


def _as_json(found: Sequence[FindingOfAgentOut], is_first: bool) -> str:
    return ("" if is_first else ",") + ",".join(one.model_dump_json() for one in found)


_WRITERS: dict[ExportFormat, Callable[[Sequence[FindingOfAgentOut], bool], str]] = {
    ExportFormat.CSV: _as_csv,
    ExportFormat.JSON: _as_json,
}


async def _as_ocsf(session: DatabaseSession, found: Sequence[FindingOfAgentOut], version: OcsfVersion) -> str:
    agents, rows = await find_agents(session, [one.id for one in found])
    events = [
        event_of(agents[row.agent_id], row, row.id, _activity(row), row.updated_at)
        for row in rows
        if row.agent_id in agents
    ]
    return "".join(msgspec.json.encode(detection_finding(event, version)).decode() + "\n" for event in events)


def _activity(row: FindingRow) -> Activity:
    return Activity.RESOLVED if row.status == FindingStatus.RESOLVED else Activity.OPENED

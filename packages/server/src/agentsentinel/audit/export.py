"""The audit log as a file, read and written page by page."""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

from agentsentinel.audit import service
from agentsentinel.audit.mentions import with_names
from agentsentinel.audit.schemas import AuditFilters, AuditOut
from agentsentinel.kit.database import Database
from agentsentinel.wire.csv_lines import csv_line

PAGE = 500


class AuditFormat(StrEnum):
    """Form of a file of audit log entries."""

    CSV = "csv"
    JSON = "json"


MEDIA_TYPES = {AuditFormat.CSV: "text/csv", AuditFormat.JSON: "application/json"}
COLUMNS = (
    "at",
    "action",
    "actor_name",
    "address",
    "subject_name",
    "detail",
    "count",
    "key_prefix",
    "actor_key_id",
    "subject_id",
    "id",
)


async def write(database: Database, filters: AuditFilters, form: AuditFormat) -> AsyncIterator[str]:
    """Yield a file of all entries that pass the filters, newest first, in pieces."""
    before: service.Place | None = None
    is_first = True
    yield csv_line(COLUMNS) if form is AuditFormat.CSV else "["
    while is_first or before is not None:
        async with database.transaction() as session:
            found = await service.list_entries(session, filters, PAGE, before)
        if found:
            yield _as_csv(found) if form is AuditFormat.CSV else _as_json(found, is_first=is_first)
        before = (found[-1].at, found[-1].id) if len(found) == PAGE else None
        is_first = False
    if form is AuditFormat.JSON:
        yield "]"


def _as_csv(found: Sequence[AuditOut]) -> str:
    return "".join(csv_line(_row(one)[name] for name in COLUMNS) for one in found)


def _row(entry: AuditOut) -> dict[str, object]:
    names = {one.id: one.name for one in entry.mentions}
    return entry.model_dump(mode="json") | {"detail": with_names(entry.detail, names)}


def _as_json(found: Sequence[AuditOut], *, is_first: bool) -> str:
    return ("" if is_first else ",") + ",".join(one.model_dump_json() for one in found)

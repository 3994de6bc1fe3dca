"""Keyset pagination: a cursor names the last row of a page, so new rows do not shift the pages that follow."""

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request

from agentsentinel.errors import Invalid
from agentsentinel.kit.windows import Ranked

BASE_PATH = "agentsentinel.base_path"
"""Key in the ASGI scope: public prefix of all paths, such as `/sentinel`; empty without one."""
Cursor = Annotated[str | None, Query(max_length=200)]
"""Query parameter that continues a listing; None starts at its first row."""
TOTAL_COUNT = "X-Total-Count"
"""Header with the number of rows of a whole listing, whatever the page."""
Row = TypeVar("Row")


def next_cursor(rows: Sequence[Row], limit: int, encode: Callable[[Row], str]) -> str | None:
    """Return the cursor that continues after a full page; None when this page is the last one."""
    return encode(rows[-1]) if len(rows) == limit else None


def next_page(request: Request, limit: int, cursor: str | None) -> dict[str, str]:
    """Build the Link header of the next page: the same query with another cursor; nothing without a cursor."""
    if cursor is None:
        return {}
    given = [pair for pair in request.query_params.multi_items() if pair[0] not in {"limit", "offset", "cursor"}]
    query = urlencode([*given, ("limit", str(limit)), ("cursor", cursor)])
    return {"Link": f'<{request.scope.get(BASE_PATH, "")}{request.url.path}?{query}>; rel="next"'}


def encode_cursor(at: datetime, row_id: UUID) -> str:
    """Encode a row's position in a listing by time as an opaque, URL-safe cursor."""
    return _encode(at.isoformat(), row_id)


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Decode a cursor to a position. Raises Invalid for anything that `encode_cursor` did not make."""
    at_text, row_id = _decode(cursor)
    try:
        return datetime.fromisoformat(at_text).astimezone(UTC), row_id
    except (ValueError, OverflowError):
        raise _foreign() from None


def encode_ranked(rank: float, row_id: UUID) -> str:
    """Encode a row's position in a listing by rank as an opaque, URL-safe cursor."""
    return _encode(repr(float(rank)), row_id)


def decode_ranked(cursor: str, ranks: float = math.inf) -> Ranked:
    """Decode a cursor to a rank and an id.

    Raises Invalid for a cursor that `encode_ranked` did not make, and for a rank that is not below `ranks`.
    """
    rank_text, row_id = _decode(cursor)
    try:
        rank = float(rank_text)
    except ValueError:
        raise _foreign() from None
    if not 0 <= rank < ranks:
        raise _foreign()
    return rank, row_id


def _encode(place: str, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(f"{place}/{row_id}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, UUID]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        place, _, id_text = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition("/")
        return place, UUID(id_text)
    except (ValueError, binascii.Error):
        raise _foreign() from None


def _foreign() -> Invalid:
    return Invalid("cursor: take it from the Link header of the page before")

"""Pages of a listing that does not move under the reader: a cursor names the last row seen."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from agentsentinel.errors import Invalid


def encode_cursor(at: datetime, row_id: UUID) -> str:
    """An opaque, URL-safe name for a row's place in a listing by time."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}/{row_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The place a cursor names. Raises Invalid for anything that `encode_cursor` did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        at_text, _, id_text = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition("/")
        return datetime.fromisoformat(at_text).astimezone(UTC), UUID(id_text)
    except (ValueError, binascii.Error, OverflowError):
        raise Invalid("cursor: take it from the Link header of the page before") from None

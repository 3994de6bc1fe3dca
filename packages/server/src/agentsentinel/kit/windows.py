"""The part of a listing that a request selects."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

Ranked = tuple[float, UUID]
"""Position of a row in a listing by rank: the rank, then the row's id among rows of the same rank."""


class Window(NamedTuple):
    """The part of a listing by time that a request selects; by default all of it."""

    limit: int | None = None
    offset: int = 0
    before: tuple[datetime, UUID] | None = None
    """Position of the last row of the previous page: its time and id."""

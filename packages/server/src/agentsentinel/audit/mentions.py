"""Ids in the details of the audit log, and the names of what they mean."""

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def find_ids(texts: Iterable[str]) -> set[UUID]:
    """Return the ids that occur in texts."""
    return {UUID(found) for text in texts for found in _ID.findall(text)}


def with_names(text: str, names: Mapping[UUID, str]) -> str:
    """Replace each id that has a name by that name."""
    return _ID.sub(lambda found: names.get(UUID(found[0])) or found[0], text)

"""Reads the server's JSON into typed values; a member that is missing or of the wrong kind is named.

Unknown members are ignored, so that a newer server can say more than this client knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, TypeVar

from agentsentinel_sdk.errors import UnexpectedAnswer

Model = TypeVar("Model")


class Members:
    """One JSON object of an answer, read member by member.

    Each reader raises `UnexpectedAnswer` when the member is absent or of another kind; the `maybe_` ones give None
    for an absent member or null.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise UnexpectedAnswer(f"expected a JSON object, got {_kind(value)}")
        self._members: dict[str, Any] = value

    def read(self, read: Callable[[object], Model]) -> Model:
        """Check the object as a whole."""
        return read(self._members)

    def text(self, name: str) -> str:
        return self._checked(name, str)

    def maybe_text(self, name: str) -> str | None:
        return self._optional(name, self.text)

    def integer(self, name: str) -> int:
        return self._checked(name, int)

    def maybe_integer(self, name: str) -> int | None:
        return self._optional(name, self.integer)

    def number(self, name: str) -> float:
        value = self._members.get(name)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else self._checked(name, float)

    def maybe_number(self, name: str) -> float | None:
        return self._optional(name, self.number)

    def flag(self, name: str) -> bool:
        return self._checked(name, bool)

    def maybe_flag(self, name: str) -> bool | None:
        return self._optional(name, self.flag)

    def time(self, name: str) -> datetime:
        """Parse an ISO 8601 time into an aware datetime in UTC; a time without a zone is read as UTC."""
        text = self.text(name)
        try:
            # Python 3.10 does not know the suffix Z
            moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        except ValueError:
            raise UnexpectedAnswer(f"{name!r} of the answer is not an ISO 8601 time") from None
        return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)

    def maybe_time(self, name: str) -> datetime | None:
        return self._optional(name, self.time)

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of strings; absent or null counts as empty."""
        return self.each(name, _as_text)

    def each(self, name: str, read: Callable[[object], Model]) -> tuple[Model, ...]:
        """Read a list, each item by `read`; absent or null counts as empty."""
        value = self._members.get(name)
        return () if value is None else tuple(each(value, read))

    def _optional(self, name: str, read: Callable[[str], Model]) -> Model | None:
        return None if self._members.get(name) is None else read(name)

    def _checked(self, name: str, kind: type[Model]) -> Model:
        value = self._members.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise UnexpectedAnswer(f"expected {name!r} of the answer to be {kind.__name__}, got {_kind(value)}")
        return value


def each(value: object, read: Callable[[object], Model]) -> list[Model]:
    """Read every item of a JSON array; raises `UnexpectedAnswer` when it is none."""
    if not isinstance(value, list):
        raise UnexpectedAnswer(f"expected a JSON array, got {_kind(value)}")
    return [read(item) for item in value]


def parse_json(body: bytes) -> object:
    """Parse a JSON body; raises `UnexpectedAnswer` when it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnexpectedAnswer("the answer is not JSON: is this the address of an AgentSentinel server?") from None


def as_object(value: object) -> dict[str, Any]:
    """Return `value` when it is a JSON object; raises `UnexpectedAnswer` when it is not."""
    if not isinstance(value, dict):
        raise UnexpectedAnswer(f"expected a JSON object, got {_kind(value)}")
    return value


def _as_text(value: object) -> str:
    if not isinstance(value, str):
        raise UnexpectedAnswer(f"expected a string, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__

"""Severity of findings and of changes."""

from enum import Enum


class Severity(str, Enum):
    """Severity of a finding. Compare by `rank`: the values themselves sort alphabetically."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"

    @property
    def rank(self) -> int:
        """Number to compare severities by: 0 (LOW) to 3 (CRITICAL)."""
        return _RANK[self.value]

    def at_least(self, other: "Severity") -> bool:
        """Tell whether this severity is equal to `other` or worse."""
        return self.rank >= other.rank


_RANK = {"LOW": 0, "MEDIUM": 1, "HIGH": 2, "CRITICAL": 3}

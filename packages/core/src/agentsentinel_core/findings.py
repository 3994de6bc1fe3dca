"""What a rule found, or why it could not look.

A finding is keyed by its fingerprint: the rule and the evidence, nothing else. Wording may improve and days may pass
without a known finding turning into a new one; a further tool that takes part makes it a different one.
"""

from enum import Enum

from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.light_dataclasses import dataclass

__all__ = ["EvidenceKind", "Finding", "NotEvaluated", "Severity"]


class Severity(str, Enum):
    """How bad it is. Compare by `rank`: the values themselves sort by alphabet."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"

    @property
    def rank(self) -> int:
        """0 (LOW) to 3 (CRITICAL)."""
        return _RANK[self.value]

    def at_least(self, other: "Severity") -> bool:
        """Whether this is as bad as `other`, or worse."""
        return self.rank >= other.rank


_RANK = {"LOW": 0, "MEDIUM": 1, "HIGH": 2, "CRITICAL": 3}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with one agent.

    Raises ValueError when built without evidence: a finding that cannot say what it is about helps nobody.
    """

    rule_id: str
    """Stable, e.g. "EXFILTRATION_PATH"."""
    severity: Severity
    title: str
    """What is wrong with any agent this rule fires for; short."""
    message: str
    """What is wrong with this agent; a full sentence or two."""
    evidence: tuple[str, ...]
    """What it rests on, as "kind:value": "tool:send_email", "connection:http://10.0.0.5/mcp". Sorted and unique."""
    detail: str = ""
    """The evidence, laid out for reading."""

    def __post_init__(self) -> None:
        if not self.evidence:
            msg = f"a finding of {self.rule_id} needs evidence; name what it rests on"
            raise ValueError(msg)
        object.__setattr__(self, "evidence", tuple(sorted(set(self.evidence))))

    @property
    def fingerprint(self) -> str:
        """64 hex digits, the same for the same rule and evidence."""
        import hashlib  # noqa: PLC0415 - loads OpenSSL, which a scan has no use for
        import json  # noqa: PLC0415

        # JSON escapes what a separator cannot: no two lists of evidence are written alike, and lone surrogates survive.
        return hashlib.sha256(json.dumps([self.rule_id, *self.evidence]).encode()).hexdigest()


@dataclass(frozen=True)
class NotEvaluated:
    """A rule that could not be applied. It has not passed, and whoever shows results must show this too."""

    rule_id: str
    missing: tuple[EvidenceKind, ...]
    """What would be needed, sorted by name."""
    reason: str
    """The same as a sentence."""

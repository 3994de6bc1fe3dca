"""Findings of rules, and rules that could not be evaluated.

A finding is identified by its fingerprint, which depends on the rule and the evidence only. A changed wording or a
later run does not turn a known finding into a new one; an additional tool in the evidence does.
"""

from agentsentinel_core.agents import EvidenceKind
from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.severity import Severity

__all__ = ["EvidenceKind", "Finding", "NotEvaluated", "Severity"]


@dataclass(frozen=True)
class Finding:
    """Problem of one agent, found by one rule.

    Raises ValueError when created without evidence: a finding that does not say what it refers to cannot be acted on.
    """

    rule_id: str
    """Stable id of the rule, e.g. "EXFILTRATION_PATH"."""
    severity: Severity
    title: str
    """Short description of the problem, the same for every agent."""
    message: str
    """Description of this agent's problem, one or two full sentences."""
    evidence: tuple[str, ...]
    """Basis of the finding, as "kind:value": "tool:send_email", "connection:http://10.0.0.5/mcp". Sorted and unique."""
    detail: str = ""
    """Evidence formatted for reading."""
    costs_points: bool = True
    """Whether it takes points from the posture score."""

    def __post_init__(self) -> None:
        if not self.evidence:
            msg = f"a finding of {self.rule_id} needs evidence; name what it rests on"
            raise ValueError(msg)
        object.__setattr__(self, "evidence", tuple(sorted(set(self.evidence))))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of rule and evidence, 64 hex digits; equal for the same rule and evidence."""
        import hashlib  # loads OpenSSL, which a scan does not need
        import json

        # JSON is unambiguous where a separator is not: different evidence never has the same text, and lone surrogates
        # are escaped.
        return hashlib.sha256(json.dumps([self.rule_id, *self.evidence]).encode()).hexdigest()


@dataclass(frozen=True)
class NotEvaluated:
    """Rule that could not be evaluated for lack of evidence. It has not passed, and every report must show that."""

    rule_id: str
    missing: tuple[EvidenceKind, ...]
    """Kinds of evidence that would be needed, sorted by name."""
    reason: str
    """Sentence that names the rule and the missing evidence."""

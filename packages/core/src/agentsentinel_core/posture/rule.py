"""The base class of posture rules.

A rule answers one question about one agent, from a snapshot and a point in time. It states which evidence it needs; the
engine reports a rule without its evidence as not evaluated instead of passed.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind, ToolGrant
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.score import POINTS

__all__ = ["EvidenceKind", "Rule", "evidence_of", "listed", "names_where"]

_MOST_NAMES = 10
"""Most names listed in a sentence; the evidence always has all of them."""


class Rule(ABC):
    """Posture rule. Subclasses set the class variables and implement `check`; they hold no state."""

    id: ClassVar[str]
    """Stable public id, e.g. "EXFILTRATION_PATH"; at most 64 characters."""
    severity: ClassVar[Severity]
    title: ClassVar[str]
    """Problem that the rule finds, in a few words."""
    rationale: ClassVar[str]
    """Why the problem matters."""
    remediation: ClassVar[str]
    """How to fix the problem."""
    references: ClassVar[tuple[str, ...]]
    """Ids of the catalogues in `taxonomy`, OWASP first."""
    costs_points: ClassVar[bool] = True
    """Whether a finding takes points from the posture score; one about behaviour counts in the behaviour score."""
    needs: ClassVar[frozenset[EvidenceKind]]
    """Kinds of evidence that must have been examined for the answer to be meaningful."""

    @abstractmethod
    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Return the finding, or None when the agent passes. `profile.evidence` covers `needs`; `now` is aware.

        More grants or connections must never turn a finding into None, because they only extend an agent's reach.
        """

    def missing(self, profile: AgentProfile) -> tuple[EvidenceKind, ...]:
        """Return the needed kinds of evidence that were not examined, sorted by name."""
        if self.needs <= profile.evidence:
            return ()
        return tuple(sorted(self.needs - profile.evidence, key=lambda kind: kind.value))

    def unanswered(self, profile: AgentProfile) -> tuple[EvidenceKind, ...]:
        """Return the kinds of evidence with gaps in this profile that leave the question open.

        Called after `check` found nothing.
        """
        return ()

    @property
    def points(self) -> float:
        """Points that a finding takes from the posture score."""
        return POINTS[self.severity] if self.costs_points else 0.0

    @property
    def slug(self) -> str:
        """Form of the id in addresses and file names: "exfiltration-path"."""
        return self.id.lower().replace("_", "-")

    def finding(self, message: str, evidence: Iterable[str], detail: str = "") -> Finding:
        """Create a finding of this rule."""
        return Finding(self.id, self.severity, self.title, message, tuple(evidence), detail, self.costs_points)


def names_where(profile: AgentProfile, is_meant: Callable[[ToolGrant], bool]) -> list[str]:
    """Return the names of the matching grants, each once and sorted, so that equal profiles give equal texts."""
    return sorted({grant.tool_name for grant in profile.grants if is_meant(grant)})


def evidence_of(kind: str, names: Iterable[str]) -> list[str]:
    """Format names as evidence of a kind: `["tool:a", "tool:b"]`."""
    return [f"{kind}:{name}" for name in names]


def listed(names: Iterable[str]) -> str:
    """Format names for a sentence, sorted: "a, b, c", or the first ten "and 5 more"."""
    ordered = sorted(set(names))
    more = len(ordered) - _MOST_NAMES
    return ", ".join(ordered[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

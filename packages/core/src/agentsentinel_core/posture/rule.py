"""What a posture rule is.

A rule answers one question about one agent, from a snapshot and a given time. It states which evidence the answer
needs; the engine sees to it that a rule without its evidence is reported as not evaluated instead of passing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar

from agentsentinel_core.agents import AgentProfile, EvidenceKind, ToolGrant
from agentsentinel_core.findings import Finding, Severity

__all__ = ["EvidenceKind", "Rule", "evidence_of", "listed", "names_where"]

_MOST_NAMES = 10
"""Names spelt out in a sentence; the evidence always has all of them."""


class Rule(ABC):
    """One question. Subclasses set the class variables and answer in `check`; they hold no state."""

    id: ClassVar[str]
    """Stable and public, e.g. "EXFILTRATION_PATH"; at most 64 characters."""
    severity: ClassVar[Severity]
    title: ClassVar[str]
    """What is wrong, in a few words."""
    rationale: ClassVar[str]
    """Why it matters."""
    remediation: ClassVar[str]
    """What to do about it."""
    references: ClassVar[tuple[str, ...]]
    """Ids of `taxonomy`, OWASP first."""
    needs: ClassVar[frozenset[EvidenceKind]]
    """What must have been looked at for the answer to mean anything."""

    @abstractmethod
    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """The finding, or None when all is well. `profile.evidence` covers `needs`; `now` is aware.

        More grants or connections must never turn a finding into None: reach only grows.
        """

    def missing(self, profile: AgentProfile) -> tuple[EvidenceKind, ...]:
        """What is needed and was not looked at, sorted by name."""
        if self.needs <= profile.evidence:
            return ()
        return tuple(sorted(self.needs - profile.evidence, key=lambda kind: kind.value))

    def unanswered(self, profile: AgentProfile) -> tuple[EvidenceKind, ...]:
        """Asked after `check` found nothing: evidence whose gaps, in this very profile, leave the question open."""
        return ()

    @property
    def slug(self) -> str:
        """The id as it stands in addresses and file names: "exfiltration-path"."""
        return self.id.lower().replace("_", "-")

    def finding(self, message: str, evidence: Iterable[str], detail: str = "") -> Finding:
        """A finding of this rule."""
        return Finding(self.id, self.severity, self.title, message, tuple(evidence), detail)


def names_where(profile: AgentProfile, is_meant: Callable[[ToolGrant], bool]) -> list[str]:
    """The names of the grants that are meant, each once, sorted: the same profile always reads the same."""
    return sorted({grant.tool_name for grant in profile.grants if is_meant(grant)})


def evidence_of(kind: str, names: Iterable[str]) -> list[str]:
    """`["tool:a", "tool:b"]`."""
    return [f"{kind}:{name}" for name in names]


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, sorted: "a, b, c", or the first ten "and 5 more"."""
    ordered = sorted(set(names))
    more = len(ordered) - _MOST_NAMES
    return ", ".join(ordered[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")

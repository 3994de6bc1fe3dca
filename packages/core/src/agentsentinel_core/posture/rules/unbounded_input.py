"""UNBOUNDED_INPUT: a tool that can do harm takes free text where a choice, a pattern or a limit belongs."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, DefectKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.manifest_rule import ManifestRule
from agentsentinel_core.posture.rule import EvidenceKind


class UnboundedInput(ManifestRule):
    """A tool that can do harm takes free text where a choice, a pattern or a limit belongs."""

    id = "UNBOUNDED_INPUT"
    severity = Severity.MEDIUM
    title = "Dangerous tool takes any text"
    rationale = (
        "A command, a path, an address or a statement in free text lets a steered model choose what is run and what is "
        "reached. The schema is the one place where the server itself can say no."
    )
    remediation = (
        "Give the parameter an enum, a pattern or a length limit in the schema, and check it in the server. Offer "
        "several narrow tools instead of one that takes anything."
    )
    references = ("ASI02", "ASI05", "AML.T0053")
    needs = frozenset({EvidenceKind.MANIFEST})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any defect of this kind in a manifest."""
        return self.defects(profile, DefectKind.UNBOUNDED, "Tools that can do harm take free text")

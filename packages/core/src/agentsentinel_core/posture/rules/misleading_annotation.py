"""MISLEADING_ANNOTATION: a tool's annotations claim less than its name says, or contradict each other."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, DefectKind
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.manifest_rule import ManifestRule
from agentsentinel_core.posture.rule import EvidenceKind


class MisleadingAnnotation(ManifestRule):
    """A tool's annotations claim less than its name says, or contradict each other."""

    id = "MISLEADING_ANNOTATION"
    severity = Severity.MEDIUM
    title = "Tool annotations contradict the tool"
    rationale = (
        "Clients skip the question to the user for tools that claim to only read. A tool that claims it and writes "
        "acts without anyone having agreed."
    )
    remediation = "Correct the annotations in the server. Until then, let the client ask before each call of the tool."
    references = ("ASI09", "ASI02", "AML.T0110")
    needs = frozenset({EvidenceKind.MANIFEST})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any defect of this kind in a manifest."""
        return self.defects(profile, DefectKind.MISLEADING, "Annotations contradict the tools")

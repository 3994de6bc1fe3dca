"""UNBOUNDED_FILE_ACCESS: an agent without a description can change files."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability, ToolCategory, ToolGrant, ToolScope
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class UnboundedFileAccess(Rule):
    """A filesystem tool that writes, on an agent without a description."""

    id = "UNBOUNDED_FILE_ACCESS"
    severity = Severity.HIGH
    title = "Files can be changed, no stated purpose"
    rationale = (
        "An agent that changes files without a stated purpose has no stated bounds: no one can say which files it "
        "should leave alone, and a reviewer cannot tell a mistake from its work."
    )
    remediation = "Describe what the agent is for, and restrict the tool to the directories that this needs."
    references = ("ASI02", "AML.T0053", "AML.T0101")
    needs = frozenset({EvidenceKind.DESCRIPTION, EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any filesystem grant above read scope, and a description that is missing or blank."""
        if profile.has_description:
            return None
        writers = names_where(profile, _changes_files)
        if not writers:
            return None
        return self.finding(
            f"Agent without a description can change files through: {listed(writers)}.",
            [*evidence_of("tool", writers), "description:none"],
            f"File writers: {listed(writers)}",
        )


def _changes_files(grant: ToolGrant) -> bool:
    found = grant.tool_class
    # A tool that only sends a file elsewhere changes none here.
    changes = found.scope is not ToolScope.READ and Capability.LOCAL_WRITE in found.capabilities
    return changes and ToolCategory.FILESYSTEM in found.categories

"""CODE_EXECUTION_GRANT: the agent can run code."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, evidence_of, listed, names_where


class CodeExecutionGrant(Rule):
    """A tool that runs commands or code."""

    id = "CODE_EXECUTION_GRANT"
    severity = Severity.CRITICAL
    title = "Code can be run"
    rationale = (
        "A tool that runs code has every ability of the account it runs under: it reads files, opens connections and "
        "starts programs. All other limits on the agent end there."
    )
    remediation = (
        "Replace it by tools that each do one thing. Where code must run, run it in a sandbox without network, secrets "
        "or a writable disk, and let a person approve it."
    )
    references = ("ASI05", "AML.T0050", "AML.T0105")
    needs = frozenset({EvidenceKind.GRANTS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any grant with the capability code-execution, or any other way to run code for the agent."""
        runners = names_where(profile, lambda grant: Capability.CODE_EXECUTION in grant.tool_class.capabilities)
        executors = profile.code_executors
        if not (runners or executors):
            return None
        return self.finding(
            f"{profile.subject} run code through: {listed([*runners, *executors])}.",
            [*evidence_of("tool", runners), *evidence_of("executor", executors)],
            f"Code execution: {listed([*runners, *executors])}",
        )

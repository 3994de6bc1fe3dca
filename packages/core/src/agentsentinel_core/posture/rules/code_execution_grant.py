"""CODE_EXECUTION_GRANT: the agent can run code."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile, Capability
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.light_dataclasses import replace
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
        """Any grant with the capability code-execution, or any other way to run code for the agent.

        HIGH instead of CRITICAL when all of it runs in a sandbox of the model's provider.
        """
        runners = names_where(profile, lambda grant: Capability.CODE_EXECUTION in grant.tool_class.capabilities)
        executors = profile.code_executors
        if not (runners or executors):
            return None
        names = listed([*runners, *executors])
        evidence = [*evidence_of("tool", runners), *evidence_of("executor", executors)]
        away = names_where(profile, lambda grant: grant.runs_at_provider)
        if not executors and set(runners).issubset(away):
            message = f"{profile.subject} run code in the provider's sandbox through: {names}."
            return replace(self.finding(message, evidence, f"Code execution: {names}"), severity=Severity.HIGH)
        return self.finding(f"{profile.subject} run code through: {names}.", evidence, f"Code execution: {names}")

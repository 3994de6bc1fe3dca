"""HIDDEN_TEXT: a rules file or a skill holds text that people cannot see."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class HiddenText(Rule):
    """Invisible characters in a file that tells the model what to do."""

    id = "HIDDEN_TEXT"
    severity = Severity.HIGH
    title = "Rules file or skill holds invisible text"
    rationale = (
        "The model reads rules files and skills as instructions of its user, characters that no editor shows included. "
        "A repository or a skill from a marketplace can steer the agent so, and a review sees nothing."
    )
    remediation = (
        "Do not use the file until it is known who wrote it. Remove the characters: the finding names the first of "
        "them by their code points."
    )
    references = ("ASI01", "MCP06", "AST01", "AML.T0051.001", "CWE-451")
    needs = frozenset({EvidenceKind.CONFIGURATION})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any invisible character without a use in writing, in a rules file or a skill."""
        if not profile.hidden_texts:
            return None
        files = {text.file for text in profile.hidden_texts}
        return self.finding(
            f"Files for the model hold text that people cannot see: {listed(files)}.",
            [f"file:{file}" for file in files],
            " | ".join(sorted(f"{text.file}: {text.excerpt}" for text in profile.hidden_texts)[:5]),
        )

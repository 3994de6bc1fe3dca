"""The base class of rules about defects of definitions in the manifests of MCP servers."""

from agentsentinel_core.agents import AgentProfile, DefectKind
from agentsentinel_core.findings import Finding
from agentsentinel_core.posture.rule import Rule, listed

_MOST_QUOTED = 5


class ManifestRule(Rule):
    """Rule that one kind of defect fires, once for all definitions that have it."""

    def defects(self, profile: AgentProfile, kind: DefectKind, message: str) -> Finding | None:
        """Return the finding of the defects of a kind; `message` begins its sentence, before the names."""
        found = [defect for defect in profile.definition_defects if defect.kind is kind]
        if not found:
            return None
        quotes = sorted({f"{defect.subject}: {defect.detail}" for defect in found})
        more = f" | and {len(quotes) - _MOST_QUOTED} more" if len(quotes) > _MOST_QUOTED else ""
        return self.finding(
            f"{message}: {listed(defect.subject for defect in found)}.",
            [f"definition:{defect.subject}: {defect.detail}" for defect in found],
            " | ".join(quotes[:_MOST_QUOTED]) + more,
        )

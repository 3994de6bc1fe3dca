"""Posture: rules evaluate an agent's profile, and each finding subtracts points from a score of 100."""

from agentsentinel_core.posture.engine import PostureReport, evaluate
from agentsentinel_core.posture.registry import (
    CATALOGUE,
    CLIENT_RULES,
    CORE_RULES,
    MCP_SCAN_RULES,
    RULES,
    SCAN_RULES,
    rule,
    ruleset,
)
from agentsentinel_core.posture.rule import Rule
from agentsentinel_core.posture.score import posture_score

__all__ = [
    "CATALOGUE",
    "CLIENT_RULES",
    "CORE_RULES",
    "MCP_SCAN_RULES",
    "RULES",
    "SCAN_RULES",
    "PostureReport",
    "Rule",
    "evaluate",
    "posture_score",
    "rule",
    "ruleset",
]

"""Agents to try rules on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agentsentinel_core.agents import ALL_EVIDENCE, AgentProfile, EvidenceKind, MCPConnection, ToolGrant
from agentsentinel_core.findings import Finding
from agentsentinel_core.posture import evaluate, rule

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

DEMO_TOOLS = ("search_crm", "read_database", "http_fetch", "send_email", "write_file")
FILESYSTEM_TOOLS = (
    "read_file", "read_text_file", "read_media_file", "read_multiple_files", "write_file", "edit_file",
    "create_directory", "list_directory", "list_directory_with_sizes", "directory_tree", "move_file", "search_files",
    "get_file_info", "list_allowed_directories",
)  # fmt: skip


def agent(
    *tools: str | ToolGrant, description: str | None = "Helps the sales team", urls: tuple[str, ...] = ()
) -> AgentProfile:
    """Make an agent with fresh, counted grants and one connection for each URL."""
    grants = tuple(
        tool if isinstance(tool, ToolGrant) else ToolGrant(tool, call_count_7d=0, granted_at=NOW) for tool in tools
    )
    connections = tuple(MCPConnection(f"server-{at}", url) for at, url in enumerate(urls))
    return AgentProfile(description, grants, connections)


def without(profile: AgentProfile, *kinds: EvidenceKind) -> AgentProfile:
    """Return a copy of the profile in which some kinds of evidence were never collected."""
    return replace(profile, evidence=ALL_EVIDENCE - set(kinds))


def found(rule_id: str, profile: AgentProfile, now: datetime = NOW) -> Finding | None:
    """Return the finding of one rule, or None."""
    findings = evaluate(profile, now, [rule(rule_id)]).findings
    return findings[0] if findings else None


def is_open(rule_id: str, profile: AgentProfile) -> bool:
    """Return whether the rule reports that it could not be evaluated, and reports no finding."""
    report = evaluate(profile, NOW, [rule(rule_id)])
    return [entry.rule_id for entry in report.not_evaluated] == [rule_id] and not report.findings

"""Judges the manifest of an MCP server, and turns it into the result that all reports show."""

from collections.abc import Sequence
from datetime import datetime

from agentsentinel_cli.scan.judge import record
from agentsentinel_cli.scan.model import Place
from agentsentinel_cli.scan.report_model import Location, ScannedAgent, ScannedTool
from agentsentinel_core.agents import (
    AgentProfile,
    DefinitionChange,
    EvidenceKind,
    MCPConnection,
    PoisonedText,
    ToolGrant,
)
from agentsentinel_core.manifest.changes import changes_between
from agentsentinel_core.manifest.defects import class_of, defects_of
from agentsentinel_core.manifest.model import ItemKind, Manifest, text_of
from agentsentinel_core.manifest.poison import poison_of
from agentsentinel_core.masking import masked
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.registry import MCP_SCAN_RULES
from agentsentinel_core.tools.classify import classify

NOWHERE = Place(0)
"""Place of what has no line."""
_EVIDENCE = frozenset(
    {
        EvidenceKind.GRANTS,
        EvidenceKind.CONNECTIONS,
        EvidenceKind.MANIFEST,
        EvidenceKind.DEFINITIONS,
        EvidenceKind.DESCRIPTION,
    }
)


def judge_manifest(manifest: Manifest, address: str, approved: Manifest | None, now: datetime) -> ScannedAgent:
    """Return a server as the reports show it, with its findings.

    Args:
        address: the server's URL, or `stdio:` and its command line, without secrets.
        approved: the manifest to compare with; None when there is none.
    """
    classes = {id(item): class_of(item) for item in manifest.of(ItemKind.TOOL)}
    server = ScannedAgent(
        name=manifest.server_name or address,
        path=address,
        place=NOWHERE,
        framework=f"mcp, version {manifest.server_version}" if manifest.server_version else "mcp",
        model=None,
        description=None,
        tools=[
            ScannedTool(
                name=item.name,
                shown=item.name or "(without a name)",
                path=address,
                place=NOWHERE,
                framework="mcp",
                idiom="tools/list",
                description=masked(text_of(item.definition, "description")),
                tool_class=classes[id(item)],
                is_sure=classes[id(item)].scope is classify(item.name).scope,
            )
            for item in manifest.of(ItemKind.TOOL)
        ],
        poison=[(Location(address, NOWHERE), text.tool_name, text.kind, text.excerpt) for text in poison_of(manifest)],
    )
    server.tools.sort(key=lambda tool: (tool.tool_class.scope.rank, tool.shown))
    changes = changes_between(approved, manifest) if approved is not None else ()
    record(server, evaluate(_profile(server, manifest, changes), now, MCP_SCAN_RULES))
    return server


def _profile(server: ScannedAgent, manifest: Manifest, changes: Sequence[DefinitionChange]) -> AgentProfile:
    return AgentProfile(
        description="an MCP server",
        grants=tuple(ToolGrant(tool.shown, known_class=tool.tool_class) for tool in server.tools),
        connections=(MCPConnection(server.name, server.path, is_open=manifest.is_open),),
        poison=tuple(PoisonedText(tool, kind, excerpt) for _, tool, kind, excerpt in server.poison),
        definition_defects=tuple(defects_of(manifest)),
        definition_changes=tuple(changes),
        evidence=_EVIDENCE,
    )

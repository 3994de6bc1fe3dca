"""Judges the manifest of an MCP server, and turns it into the result that all reports show."""

from collections.abc import Sequence
from datetime import datetime

from agentsentinel_cli.scan.classification import without_credentials
from agentsentinel_cli.scan.content.poison import find_poison
from agentsentinel_cli.scan.judge import record
from agentsentinel_cli.scan.model import Place, ToolFact
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
from agentsentinel_core.manifest.model import Definition, Item, ItemKind, Manifest, text_of
from agentsentinel_core.manifest.schema import nodes_of
from agentsentinel_core.masking import masked
from agentsentinel_core.posture.engine import evaluate
from agentsentinel_core.posture.registry import MCP_SCAN_RULES
from agentsentinel_core.tools.classify import classify

NOWHERE = Place(0)
"""Place of what has no line."""
MOST_TEXT = 20_000
"""Most characters of one definition that are searched for poison."""
_EVIDENCE = frozenset(
    {
        EvidenceKind.GRANTS,
        EvidenceKind.CONNECTIONS,
        EvidenceKind.SOURCE,
        EvidenceKind.MANIFEST,
        EvidenceKind.DESCRIPTION,
    }
)


def judge_manifest(manifest: Manifest, address: str, approved: Manifest | None, now: datetime) -> ScannedAgent:
    """Return a server as the reports show it, with its findings.

    Args:
        address: the server's URL, or `stdio:` and its command line, without secrets.
        approved: the manifest to compare with; None when there is none.
    """
    facts = [without_credentials(_fact(item)) for item in manifest.items]
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
        poison=[(Location(address, NOWHERE), fact.tool, fact.kind, fact.excerpt) for fact in find_poison(facts)],
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


def _fact(item: Item) -> ToolFact:
    """Return an item with all of its text that a model may read, for the search for poison."""
    return ToolFact(
        name=item.name or item.kind.value,
        place=NOWHERE,
        framework="mcp",
        idiom=item.kind.value,
        description="\n".join(_texts(item.definition))[:MOST_TEXT],
    )


def _texts(definition: Definition) -> list[str]:
    """Return the texts of a definition: its own, those of its arguments, and those in its schemas."""
    texts = [text_of(definition, member) for member in ("title", "description", "text")]
    arguments = definition.get("arguments")
    texts += [text_of(each, "description") for each in arguments or () if isinstance(each, dict)]
    matter = definition.get("frontmatter")
    texts += [str(value) for value in matter.values()] if isinstance(matter, dict) else []
    for member in ("inputSchema", "outputSchema"):
        for node in nodes_of(definition.get(member)):
            texts += [text_of(node.schema, "title"), text_of(node.schema, "description")]
            values = [node.schema.get("default"), *_listed(node.schema, "enum"), *_listed(node.schema, "examples")]
            texts += [value for value in values if isinstance(value, str)]
    return [text for text in texts if text]


def _listed(schema: Definition, member: str) -> list[object]:
    values = schema.get(member)
    return values if isinstance(values, list) else []

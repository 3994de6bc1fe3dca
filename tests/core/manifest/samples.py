"""Manifests to try."""

from typing import Any

from agentsentinel_core.manifest.model import ItemKind, Manifest, items_of


def tool(name: str, description: str = "Does what the test needs.", **members: Any) -> dict[str, Any]:
    return {"name": name, "description": description, "inputSchema": {"type": "object"}, **members}


def with_parameter(name: str, parameter: str, schema: dict[str, Any], **members: Any) -> dict[str, Any]:
    return tool(name, inputSchema={"type": "object", "properties": {parameter: schema}}, **members)


def manifest(*tools: dict[str, Any], is_open: bool = True, is_public: bool = False, **kinds: Any) -> Manifest:
    """Return a manifest with these tools, and with definitions of other kinds, as `prompt=[...]`."""
    items = items_of(ItemKind.TOOL, tools)
    for kind, definitions in kinds.items():
        items += items_of(ItemKind[kind.upper()], definitions)
    return Manifest("files", "1.0", items, lists_are_public=is_public, is_open=is_open)

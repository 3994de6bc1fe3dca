"""The JSON form of a manifest, for files, requests and columns.

A column that holds one is text: PostgreSQL's JSONB changes how numbers are written, and with it every digest.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agentsentinel_core.manifest.model import Item, ItemKind, Manifest


def plain(manifest: Manifest) -> dict[str, Any]:
    """Return what identifies the server and all items, as JSON values."""
    return {
        "server_name": manifest.server_name,
        "server_version": manifest.server_version,
        "items": [
            {"kind": item.kind.value, "name": item.name, "definition": item.definition} for item in manifest.items
        ],
    }


def manifest_of(value: object) -> Manifest:
    """Read what `plain` returned. Raises ValueError for anything else."""
    try:
        return _manifest(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a manifest") from error


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as JSON text in ASCII."""
    return json.dumps(plain(manifest), separators=(",", ":"))


def read_manifest_text(text: str) -> Manifest:
    """Read what `manifest_text` returned. Raises ValueError for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("not a manifest") from error
    return manifest_of(value)


def _manifest(value: Any) -> Manifest:
    items = value["items"]
    if not isinstance(items, Sequence) or not isinstance(value, Mapping):
        raise TypeError("items are a list")
    return Manifest(
        server_name=str(value["server_name"]),
        server_version=str(value["server_version"]),
        items=tuple(Item(ItemKind(item["kind"]), str(item["name"]), dict(item["definition"])) for item in items),
    )

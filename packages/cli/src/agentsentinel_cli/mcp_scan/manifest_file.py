"""The file of approved manifests, by the server's address, which `--save-baseline` writes and `--baseline` reads."""

import json
import os
from collections.abc import Mapping

from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_core.manifest.model import Item, ItemKind, Manifest

_VERSION = 1
MOST_BYTES = 256 * 1024 * 1024


def read_manifests(path: str) -> dict[str, Manifest]:
    """Read the approved manifests. Raises SuppressionError for another kind of file, OSError for an unreadable one."""
    try:
        with open(path, "rb") as stream:
            content = json.loads(stream.read(MOST_BYTES))
        return {address: _manifest(value) for address, value in content["mcp_servers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SuppressionError(
            f"{path}: is not a baseline of MCP servers; write one with --save-baseline {path}"
        ) from error


def write_manifests(path: str, manifests: Mapping[str, Manifest]) -> None:
    """Write manifests as approved; those of other servers in the file stay. Raises SuppressionError and OSError."""
    known = read_manifests(path) if os.path.exists(path) else {}
    content = {address: _plain(manifest) for address, manifest in sorted({**known, **manifests}.items())}
    beside = f"{path}.new"
    with open(beside, "w", encoding="utf-8") as stream:
        json.dump({"version": _VERSION, "mcp_servers": content}, stream, indent=2, sort_keys=True)
        stream.write("\n")
    os.replace(beside, path)


def _plain(manifest: Manifest) -> dict[str, object]:
    return {
        "server_name": manifest.server_name,
        "server_version": manifest.server_version,
        "items": [
            {"kind": item.kind.value, "name": item.name, "definition": item.definition} for item in manifest.items
        ],
    }


def _manifest(value: Mapping[str, object]) -> Manifest:
    items = value["items"]
    if not isinstance(items, list):
        raise TypeError("items are a list")
    return Manifest(
        server_name=str(value["server_name"]),
        server_version=str(value["server_version"]),
        items=tuple(Item(ItemKind(item["kind"]), str(item["name"]), dict(item["definition"])) for item in items),
    )

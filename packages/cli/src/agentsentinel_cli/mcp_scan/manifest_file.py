"""The file of approved manifests, by the server's address, which `--save-baseline` writes and `--baseline` reads."""

import json
import os
from collections.abc import Mapping

from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_core.manifest.model import Manifest
from agentsentinel_core.manifest.plain import manifest_of, plain

_VERSION = 1
MOST_BYTES = 256 * 1024 * 1024


def read_manifests(path: str) -> dict[str, Manifest]:
    """Read the approved manifests. Raises SuppressionError for another kind of file, OSError for an unreadable one."""
    try:
        with open(path, "rb") as stream:
            content = json.loads(stream.read(MOST_BYTES))
        return {address: manifest_of(value) for address, value in content["mcp_servers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SuppressionError(
            f"{path}: is not a baseline of MCP servers; write one with --save-baseline {path}"
        ) from error


def write_manifests(path: str, manifests: Mapping[str, Manifest]) -> None:
    """Write manifests as approved; those of other servers in the file stay. Raises SuppressionError and OSError."""
    known = read_manifests(path) if os.path.exists(path) else {}
    content = {address: plain(manifest) for address, manifest in sorted({**known, **manifests}.items())}
    beside = f"{path}.new"
    with open(beside, "w", encoding="utf-8") as stream:
        json.dump({"version": _VERSION, "mcp_servers": content}, stream, indent=2, sort_keys=True)
        stream.write("\n")
    os.replace(beside, path)

"""Print the API's OpenAPI document (`python -m agentsentinel.openapi`), from which the dashboard's types are made."""

import json
import sys
from typing import Any

from agentsentinel.app import create_app
from agentsentinel.composition import build_platform
from agentsentinel.config import Settings


def document() -> dict[str, Any]:
    """Build the document from a server that never connects to anything."""
    return create_app(build_platform(Settings(), "postgresql+asyncpg://none@localhost/nothing", b"x" * 32)).openapi()


def as_text() -> str:
    """Format the document for docs/openapi.json: sorted, so that a change shows as a small difference."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_text())

"""A file whose names try to deceive terminals and pages, and the published schema of SARIF."""

import json
from pathlib import Path
from typing import Any

HOSTILE = "x\\x1b[31m\\u202e[bold]<b>|`\\n::error::" + "y" * 3000
HOSTILE_AGENT = f'''from langchain_core.tools import tool


@tool("delete_{HOSTILE}")
def delete_thing(path: str) -> str:
    """Delete <script>alert(1)</script>."""
    return path
'''


def sarif_schema() -> Any:
    """Load the published schema, without its one pattern that has a stray bracket."""
    content = json.loads((Path(__file__).parents[1] / "data" / "sarif-schema-2.1.0.json").read_text())
    for definition in content["definitions"].values():
        for field in definition.get("properties", {}).values():
            if field.get("pattern", "").endswith("]?$"):
                del field["pattern"]
    return content

"""Running the real command on trees of files."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "sentinel"

SALES_AGENT = '''"""Helps the sales team with customers."""

from langchain_core.tools import tool


@tool
def search_crm(query: str) -> str:
    """Search the CRM."""
    return query


@tool
def read_database(table: str) -> str:
    """Read a table."""
    return table


@tool
def send_email(to: str, text: str) -> str:
    """Send an e-mail."""
    return to


@tool
def write_file(path: str, text: str) -> str:
    """Write a file."""
    return path
'''
"""The sample of the specification: an exfiltration path, a dangerous grant, no rate limit: 35 of 100."""

SALES_TEAM = (
    SALES_AGENT
    + """

agent = create_agent("m", tools=[search_crm, read_database, send_email, write_file])
"""
)
"""The sample with the agent that holds its tools, which a scan of a folder needs to see."""

READER = '''"""Looks things up."""

from langchain_core.tools import tool


@tool
def search_docs(query: str) -> str:
    """Search the manuals."""
    return query
'''


@dataclass(frozen=True)
class Run:
    """What one run of the command did."""

    code: int
    out: str
    err: str

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The JSON report."""
        content = json.loads(self.out)
        assert isinstance(content, list)
        return content

    @property
    def tools(self) -> list[str]:
        """The names of all tools in the JSON report."""
        return [tool["name"] for entry in self.entries for tool in entry["tools"]]

    @property
    def rules(self) -> list[str]:
        """The ids of all findings in the JSON report."""
        return [finding["rule_id"] for entry in self.entries for finding in entry["findings"]]


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def sentinel(
    folder: Path,
    *arguments: str,
    stdin: bytes | None = None,
    env: dict[str, str] | None = None,
    seconds: float = 300.0,
    memory_bytes: int | None = None,
) -> Run:
    """Run the command in a folder, with a cache of its own."""

    def limit() -> None:
        if memory_bytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))

    variables = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    variables |= {"XDG_CACHE_HOME": str(folder.parent / "cache")} | (env or {})
    done = subprocess.run(
        [str(COMMAND), *arguments],
        cwd=folder,
        input=stdin if stdin is not None else b"",
        capture_output=True,
        env=variables,
        timeout=seconds,
        check=False,
        preexec_fn=limit,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

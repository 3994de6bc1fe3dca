"""A repository of many parts, and what a scan finds in it."""

from pathlib import Path

from cli.scan.support import Run, sentinel

SHELL = '''from langchain_core.tools import tool
import subprocess


@tool
def run_shell(command: str) -> str:
    """Run a command."""
    return subprocess.run(command, shell=True, capture_output=True, text=True).stdout
'''
SHELL_JS = """import { tool } from "@langchain/core/tools";
import { execSync } from "child_process";

export const run = tool(async ({ c }) => execSync(c).toString(), { name: "run", description: "Run", schema: shape });
"""
A_TEST = "import pytest\n\n\ndef test_it() -> None:\n    assert True\n"
A_TEST_JS = 'import { expect, it } from "vitest";\n\nit("holds", () => expect(1).toBe(1));\n'


def files(run: Run) -> list[str]:
    """Return the files in which tools or agents were found."""
    return sorted({entry["file"] for entry in run.entries if entry["findings"]})


def scan_from(repository: Path, start: str, *arguments: str) -> Run:
    """Run the command in a folder, with the repository's cache."""
    env = {"XDG_CACHE_HOME": str(repository.parent / "cache")}
    return sentinel(repository / start, "scan", *arguments, env=env)


TESTS = {
    "unit/test_agent.py": SHELL + A_TEST,
    "unit/agent_test.py": SHELL + "\n\nclass TestIt:\n    def test_it(self): ...\n",
    "unit/old_test.py": "from unittest import TestCase\n" + SHELL,
    "unit/agent.spec.ts": SHELL_JS + A_TEST_JS,
    "unit/node.test.mjs": 'import test from "node:test";\n' + SHELL_JS,
    "unit/plain.test.js": SHELL_JS + '\ndescribe("it", () => {});\n',
    "svc-a/tests/test_it.py": A_TEST,
    "svc-a/tests/support/agent.py": SHELL,
    "web/__tests__/it.ts": A_TEST_JS,
    "web/__tests__/agent.ts": SHELL_JS,
}


UNREAD = {
    "wide.py": SHELL.encode("utf-16"),
    "wide_be.py": f"\ufeff{SHELL}".encode("utf-16-be"),
    "bare.py": SHELL.encode("utf-16-le"),
    "bare.ts": SHELL_JS.encode("utf-16-be"),
    "widest.ts": SHELL_JS.encode("utf-32"),
    "cut.ts": SHELL_JS.encode("utf-16") + b"\xd8",
}

"""Every word of the catalogue passes the prefilter, so that entering a row is all that a framework needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentsentinel_cli.scan.catalog import agents, hosted, prefilter_python
from agentsentinel_cli.scan.catalog.prefilter import Form
from cli.scan.support import Run, write_tree

PACKAGES = Path(__file__).parents[4] / "packages"

GRANTING = (
    Form("x = {}(model, tools=tools)\n", b"", tuple(agents.PYTHON_REQUESTS | agents.PYTHON_COMMON_AGENTS)),
    Form("x = {}('hi', config={{'tools': tools}})\n", b"", agents.PYTHON_CONFIGURED_REQUESTS),
    Form("x = Agent('y', tools=[{}()])\n", b"", tuple(hosted.PYTHON_HOSTED)),
    Form("x = run(tools=[{{'type': '{}'}}])\n", b"", hosted.PYTHON_HOSTED_TYPES),
    Form("x = {}([f])\nx = run(tools=[x])\n", b"", tuple(agents.PYTHON_TOOL_COLLECTIONS)),
)
"""Words that count only where tools are passed."""


def example_of(form: Form) -> str:
    return form.example.strip()


@pytest.mark.parametrize("form", [*prefilter_python.FORMS, *GRANTING], ids=example_of)
def test_every_word_for_python_passes(form: Form) -> None:
    uses = [form.example.format(word) for word in form.words]
    assert uses
    assert [use for use in uses if not prefilter_python.may_matter(use.encode())] == []


@pytest.mark.parametrize(
    "mention",
    [
        "# x = {}(y)\n",
        '"""\n    >>> x = {}(y)\n"""\n',
        "def {}(y): ...\n",
        "class {}(Base): ...\n",
        '"""Calls some {} (see there)."""\n',
        "from x import {}\n",
        "x = other_{}(y)\n",
    ],
)
@pytest.mark.parametrize("word", ["kernel_function", "MCPStdioPlugin", "create_search_function"])
def test_a_word_that_is_only_mentioned_does_not_pass(word: str, mention: str) -> None:
    assert not prefilter_python.may_matter(mention.format(word).encode())


@pytest.mark.parametrize("many", [b"@kernel_function", b"class A(SendMessage", b"MCPStdioPlugin ", b"@a." * 9])
def test_no_repetition_of_a_word_costs_a_square(many: bytes) -> None:
    """Steps of a regular expression cannot be counted: a quadratic one does not come to the end of these in hours."""
    prefilter_python.may_matter(b"#" + many * (4_000_000 // len(many)))


DECORATED = "@{}\ndef remember(note: str) -> str:\n    return note\n"
NEW_ROWS = {
    "a decorator": ("tools.PYTHON_DECORATORS", '"acme_duty": None,', "a.py", DECORATED.format("acme_duty")),
    "a decorator of an object": (
        "tools.PYTHON_DECORATORS",
        '"acme_duty": None,',
        "a.py",
        DECORATED.format("app.acme_duty(description='x')"),
    ),
    "a base class": (
        "tools.PYTHON_BASES",
        '"AcmeDuty",',
        "a.py",
        "from acme import AcmeDuty\n\nclass Remember(AcmeDuty):\n    name = 'remember'\n    def run(self): ...\n",
    ),
    "a call": (
        "tools.PYTHON_CALLS",
        '"get_acme_duty",',
        "a.py",
        "def remember(note: str) -> str:\n    'Keep a note.'\n    return note\n\nduty = get_acme_duty(remember)\n",
    ),
    "a schema class": (
        "tools.PYTHON_SCHEMA_CLASSES",
        '"AcmeDuty": None,',
        "a.py",
        "duty = AcmeDuty(name='remember', description='x', input_schema=SHAPE)\n",
    ),
    "an agent": (
        "agents.PYTHON_AGENTS",
        '"AcmeWorker",',
        "a.py",
        "from acme import AcmeWorker\nfrom notes import remember\n\nw = AcmeWorker(name='w', plugins=[remember])\n",
    ),
    "an agent with a common name": (
        "agents.PYTHON_COMMON_AGENTS",
        '"Acme",',
        "a.py",
        "from acme import Acme\nfrom notes import tools, remember\n\nw = Acme(name='remember', tools=tools)\n",
    ),
    "a factory in JavaScript": (
        "tools.JAVASCRIPT_FACTORIES",
        '"acmeDuty": None,',
        "a.ts",
        "const x = acmeDuty({ name: 'remember', description: 'x', parameters: {}, execute: async () => 1 })\n",
    ),
    "a decorator in JavaScript": (
        "tools.JAVASCRIPT_DECORATORS",
        '"AcmeDuty",',
        "a.ts",
        "class A {\n  @AcmeDuty({ name: 'remember', description: 'x' })\n  remember() { return 1 }\n}\n",
    ),
}


def scanned_with(row: str, table: str, project: Path, folder: Path) -> Run:
    """Scan with a copy of the scanner that has one row more in a table of its catalogue."""
    for name in ("cli", "core"):
        shutil.copytree(
            PACKAGES / name / "src", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    module, _, name = table.partition(".")
    path = folder / "agentsentinel_cli" / "scan" / "catalog" / f"{module}.py"
    text, count = re.subn(rf"^({name} = (?:frozenset\(\s*)?\{{)", rf"\1{row}", path.read_text(), flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)
    start = "from agentsentinel_cli.app import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", start, "scan", str(project), "--no-cache", "--format", "json"],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("table", "row", "name", "source"), NEW_ROWS.values(), ids=NEW_ROWS)
def test_a_row_of_the_catalogue_is_all_that_a_new_word_needs(
    tmp_path: Path, table: str, row: str, name: str, source: str
) -> None:
    project = write_tree(tmp_path / "project", {name: source})
    assert '"remember"' not in scanned_with("", table, project, tmp_path / "without").out
    assert '"remember"' in scanned_with(row, table, project, tmp_path / "with").out

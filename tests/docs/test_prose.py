"""Docstrings stand alone, and the words that CONTRIBUTING.md asks to avoid stay out of code, messages and pages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("packages", "integrations", "demo", "bench") for path in (ROOT / folder).glob("**/*.py")
)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), *(ROOT / "ui" / "src").glob("**/*.ts*")])

FRAGMENT = re.compile(r"(As|Of|It|The same|Likewise|Nor|All of)\b")
"""Openings of a sentence that leans on the one before, which a hover does not show."""

AVOIDED = re.compile(
    r"\b(told of|tells? of|taken for|likewise|nobody|somebody|whoever)\b"
    r"|(?<!there )\b(is|are) no (?!longer\b|more\b|such\b)\w+",
    re.IGNORECASE,
)
"""Words that stop a reader whose first language is not English. "There is no agent with this id" is plain."""

ALLOWED = {
    "docs/operations.md": {"nobody"},
    "packages/server/src/agentsentinel/embedded/account.py": {"nobody"},
}
"""Avoided words that a file needs, by file: the user account of that name."""


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, those below constants and fields included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        body = getattr(node, "body", ())  # of a lambda: an expression
        for statement in body if isinstance(body, list) else ():
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield statement.lineno, text


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# One test for all files: a test for each would be a tenth of the suite, and take longer to list than to run.
def test_each_docstring_stands_alone() -> None:
    fragments = [
        f"{name(path)}:{line}: {text}" for path in SOURCES for line, text in docstrings(path) if FRAGMENT.match(text)
    ]
    assert fragments == []


def avoided_words(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for match in AVOIDED.finditer(line):
            if match.group().lower() not in ALLOWED.get(name(path), ()):
                yield f"{name(path)}:{number}: {match.group()}"


def test_words_that_stop_a_reader_are_avoided() -> None:
    paths = [path for path in (*SOURCES, *PAGES) if name(path) != "CONTRIBUTING.md"]
    assert [hit for path in paths for hit in avoided_words(path)] == []

"""Every idiom and every trap of the corpus: what is found, by framework."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from agentsentinel_cli.scan.catalog.prefilter_python import may_matter
from agentsentinel_cli.scan.classification import class_of_fact
from agentsentinel_cli.scan.model import FileFacts, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.python import extract_python

CORPUS = Path(__file__).parents[2] / "corpus" / "python"
EXPECTED: dict[str, list[dict[str, str | int | None]]] = json.loads((CORPUS / "expected.json").read_text())
FILES = sorted(EXPECTED)

Found = tuple[str | None, int, str]
"""Name, line and idiom; a name held by another file is written <module:name>."""


@dataclass
class Tally:
    """Hits of one framework."""

    right: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.missed + self.wrong)


@cache
def facts_of(name: str) -> FileFacts:
    return extract_python(name, (CORPUS / name).read_bytes())


def found_in(name: str) -> list[Found]:
    return sorted(((_shown(tool), tool.place.line, tool.idiom) for tool in facts_of(name).tools), key=str)


def _shown(tool: ToolFact) -> str | None:
    return f"<{tool.name.module}:{tool.name.name}>" if isinstance(tool.name, Symbol) else tool.name


def expected_in(name: str) -> list[Found]:
    return sorted(
        ((str(e["name"]) if e["name"] else None, int(e["line"] or 0), str(e["idiom"])) for e in EXPECTED[name]), key=str
    )


def test_the_corpus_has_a_file_for_each_expectation() -> None:
    assert len(FILES) >= 85
    assert sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.py")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_its_tools_with_name_line_and_idiom(name: str) -> None:
    assert found_in(name) == expected_in(name)


@pytest.mark.parametrize("name", [name for name in FILES if EXPECTED[name]])
def test_a_file_with_tools_passes_the_byte_filter(name: str) -> None:
    assert may_matter((CORPUS / name).read_bytes())


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("traps/")])
def test_a_trap_gives_no_tool_that_is_none(name: str) -> None:
    assert set(found_in(name)) <= set(expected_in(name))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("broken/")])
def test_a_file_that_some_python_reads_is_read_whole(name: str) -> None:
    assert facts_of(name).problem is None


def test_scope_is_right_for_nearly_all_tools_of_the_corpus() -> None:
    wrong, judged = [], 0
    for name in FILES:
        scopes = {(e["name"], e["line"]): e.get("scope") for e in EXPECTED[name]}
        for tool in facts_of(name).tools:
            scope = scopes.get((_shown(tool), tool.place.line))
            if scope is not None:
                judged += 1
                found = class_of_fact(_shown(tool) or tool.symbol or "", tool).scope.value
                wrong += [(name, _shown(tool), found)] if found != scope else []
    assert judged > 160
    assert len(wrong) <= judged * 0.05, wrong


def test_detection_over_all_frameworks_reaches_its_target() -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in FILES:
        found, expected = found_in(name), expected_in(name)
        tally = tallies[name.split("/")[0]]
        tally.right += len(set(found) & set(expected))
        tally.missed += len(set(expected) - set(found))
        tally.wrong += len(set(found) - set(expected))
    total = Tally(*(sum(getattr(tally, part) for tally in tallies.values()) for part in ("right", "missed", "wrong")))
    # Shown with -s: the table by framework.
    for framework, tally in sorted(tallies.items()):
        line = (
            f"{framework:<16} {tally.right:>4} right {tally.missed:>3} missed {tally.wrong:>3} wrong  F1 {tally.f1:.2f}"
        )
        print(line)  # noqa: T201
    assert total.f1 >= 0.97

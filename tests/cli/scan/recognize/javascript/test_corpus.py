"""Every idiom and every trap of the corpus: what is found, by framework.

A file of the corpus says itself what is in it: `//: "name" idiom act act` at the end of the line a tool begins in, with
`dynamic` or `<module:name>` for names that the file does not hold.
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from agentsentinel_cli.scan.catalog.prefilter_javascript import may_matter
from agentsentinel_cli.scan.model import FileFacts, Symbol, ToolFact
from agentsentinel_cli.scan.recognize.javascript import extract_javascript

CORPUS = Path(__file__).parents[2] / "corpus" / "javascript"
FILES = sorted(str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*") if path.is_file())
_EXPECTATION = re.compile(r'//: ("(?:[^"\\]|\\.)*"|dynamic|<\S+>) ([\w-]+)((?: [\w-]+)*)$')

Found = tuple[int, str, str]
"""Line, name and idiom."""


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
    return extract_javascript(name, (CORPUS / name).read_bytes())


def found_in(name: str) -> list[Found]:
    return sorted((tool.place.line, _shown(tool), tool.idiom) for tool in facts_of(name).tools)


def _shown(tool: ToolFact) -> str:
    if isinstance(tool.name, Symbol):
        return f"<{tool.name.module}:{tool.name.name}>"
    return "dynamic" if tool.name is None else json.dumps(tool.name)


@cache
def expected_in(name: str) -> list[tuple[int, str, str, frozenset[str]]]:
    lines = (CORPUS / name).read_text().splitlines()
    matches = ((number, _EXPECTATION.search(line)) for number, line in enumerate(lines, 1))
    return [(number, match[1], match[2], frozenset(match[3].split())) for number, match in matches if match]


def test_the_corpus_is_as_broad_as_its_idioms() -> None:
    assert len(FILES) >= 60
    assert sum(len(expected_in(name)) for name in FILES) >= 75


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_its_tools_with_name_line_and_idiom(name: str) -> None:
    assert found_in(name) == sorted(expected[:3] for expected in expected_in(name))


@pytest.mark.parametrize("name", FILES)
def test_a_tool_does_what_its_body_shows(name: str) -> None:
    found = {tool.place.line: frozenset(effect.kind for effect in tool.effects) for tool in facts_of(name).tools}
    assert found == {expected[0]: expected[3] for expected in expected_in(name)}


@pytest.mark.parametrize("name", [name for name in FILES if expected_in(name)])
def test_a_file_with_tools_passes_the_byte_filter(name: str) -> None:
    assert may_matter((CORPUS / name).read_bytes())


def test_detection_over_all_frameworks_reaches_its_target() -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in FILES:
        found, expected = set(found_in(name)), {one[:3] for one in expected_in(name)}
        tally = tallies[name.split("/")[0]]
        tally.right += len(found & expected)
        tally.missed += len(expected - found)
        tally.wrong += len(found - expected)
    total = Tally(*(sum(getattr(tally, part) for tally in tallies.values()) for part in ("right", "missed", "wrong")))
    for framework, tally in [*sorted(tallies.items()), ("all", total)]:
        print(  # noqa: T201 - the table that `pytest -s` shows
            f"{framework:<16} {tally.right:>4} right {tally.missed:>3} missed {tally.wrong:>3} wrong  F1 {tally.f1:.2f}"
        )
    assert total.f1 >= 0.97
    assert tallies["traps"].wrong == 0

"""A rule is a file, a class, a registry line, a test and a page. This names whatever is missing."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import agentsentinel_core.posture.rules as rules_package
from agentsentinel_core import taxonomy
from agentsentinel_core.posture import CATALOGUE, CLIENT_RULES, CORE_RULES, MCP_SCAN_RULES, RULES, SCAN_RULES, Rule

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "rules"
TESTS = Path(__file__).parent / "rules"
MODULES = sorted(path.stem for path in Path(rules_package.__path__[0]).glob("*.py") if path.stem != "__init__")


def classes_in(module_name: str) -> list[type[Rule]]:
    module = importlib.import_module(f"{rules_package.__name__}.{module_name}")
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Rule) and found.__module__ == module.__name__
    ]


def page_of(rule: Rule) -> str:
    return (DOCS / f"{rule.slug}.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {heading!r}"
    return " ".join(found[1].split())


@pytest.mark.parametrize("module_name", MODULES)
def test_every_file_holds_one_rule_of_the_same_name(module_name):
    (found,) = classes_in(module_name)
    assert found.id == module_name.upper()
    assert found.__name__.lower() == module_name.replace("_", "")


@pytest.mark.parametrize("module_name", MODULES)
def test_every_file_is_registered(module_name):
    assert module_name.upper() in {rule.id for rule in CATALOGUE}, f"add {module_name} to posture/registry.py"


@pytest.mark.parametrize("module_name", MODULES)
def test_every_rule_has_a_test_file(module_name):
    path = TESTS / f"test_{module_name}.py"
    assert path.is_file(), f"write {path.relative_to(ROOT)}"


@pytest.mark.parametrize("module_name", MODULES)
def test_every_rule_has_a_page(module_name):
    path = DOCS / f"{module_name.replace('_', '-')}.md"
    assert path.is_file(), f"write {path.relative_to(ROOT)}"


def test_nothing_is_left_over():
    ids = set(MODULES)
    assert {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")} == ids
    assert {path.stem.replace("-", "_") for path in DOCS.glob("*.md")} - {"README"} == ids
    assert {rule.id.lower() for rule in CATALOGUE} == ids


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_the_page_agrees_with_the_class(rule):
    page = page_of(rule)
    lines = page.splitlines()
    assert lines[0] == f"# {rule.id}"
    assert lines[2] == f"{rule.title}. Severity: **{rule.severity.value}**."
    assert section(page, "Why it matters") == rule.rationale
    assert section(page, "Remediation") == rule.remediation


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_the_page_names_the_evidence_the_rule_needs(rule):
    named = set(re.findall(r"\*\*(\w+)\*\*", section(page_of(rule), "Evidence")))
    assert named == {kind.value for kind in rule.needs}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_the_page_gives_the_references_with_their_titles(rule):
    expected = " ".join(f"- {reference} {taxonomy.title(reference)}" for reference in rule.references)
    assert section(page_of(rule), "References") == expected


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_the_page_shows_a_before_and_an_after(rule):
    example = section(page_of(rule), "Before and after")
    assert "Before:" in example
    assert "After:" in example


def yes_or_no(is_so):
    return "yes" if is_so else "no"


def test_the_index_lists_every_rule_once_in_order_with_who_runs_it():
    rows = re.findall(
        r"^\| \[(\w+)\]\(([\w-]+)\.md\) \| (\w+) \| (.+?)" + r" \| (yes|no)" * 5 + r" \|$",
        (DOCS / "README.md").read_text(),
        re.M,
    )
    selections = [
        {rule.id for rule in selection} for selection in (CORE_RULES, RULES, SCAN_RULES, MCP_SCAN_RULES, CLIENT_RULES)
    ]
    expected = [
        (
            rule.id,
            rule.slug,
            rule.severity.value,
            rule.title,
            *("yes" if rule.id in ids else "no" for ids in selections),
        )
        for rule in CATALOGUE
    ]
    assert rows == expected

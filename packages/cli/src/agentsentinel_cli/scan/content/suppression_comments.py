"""Inline suppressions: comments that name a rule to suppress on a line, with a reason."""

import re

_IGNORE = re.compile(
    r"(?:#|//|/\*)\s{0,8}sentinel:\s{0,8}ignore(?:\[(?P<rules>[A-Z0-9_, ]{0,400})\])?(?P<reason>[^\n]{0,400})"
)


def find_ignores(path: str, data: bytes) -> tuple[tuple[int, tuple[str, ...], str], ...]:
    """Find suppression comments: line, rules (empty = none named) and reason. Accepts any bytes."""
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if "sentinel:" in line and (match := _IGNORE.search(line)):
            rules = tuple(rule.strip() for rule in (match["rules"] or "").split(",") if rule.strip())
            found.append((number, rules, _reason(path, match["reason"])))
    return tuple(found)


def _reason(path: str, text: str) -> str:
    if path.endswith(".ipynb"):
        text = re.sub(r'(?:\\n)?",?\s*\Z', "", text)  # a line of a notebook cell is a JSON string
    return text.removesuffix("*/").strip(" \t-:")

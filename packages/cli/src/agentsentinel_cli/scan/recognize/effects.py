"""Recognition of effects shared by the extractors of all languages: SQL, HTTP methods, file modes.

Kinds are the values of `agentsentinel_core.tools.effects.EffectKind`, as literals, so that extractors need not import
core.
"""

import re

from agentsentinel_cli.scan.catalog.safeguards import LIMITER_FUNCTIONS, LIMITER_PACKAGES, LIMITERS
from agentsentinel_core.lazy_regex import lazy_compile

HTTP_READS = frozenset({"get", "head", "options"})
HTTP_WRITES = frozenset({"post", "put", "patch", "delete"})

_COMMENTS = lazy_compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()+", re.DOTALL)
_SQL_READS = lazy_compile(
    r"(?:select\b.+\bfrom\b|select\s+(?:\d|@|\w+\s*\()|show\s+\w|describe\s+\w|explain\s+\w|pragma\s+\w)", re.I | re.S
)
_SQL_WRITES = lazy_compile(
    r"(?:insert\s+(?:or\s+\w+\s+)?into\b|update\s+.+?\bset\b|delete\s+from\b|merge\s+into\b|replace\s+into\b|upsert\s+into\b"
    r"|(?:create|alter|drop|truncate)\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+)?"
    r"(?:table|database|schema|index|view|user|role|function|trigger|sequence|extension|column)\b"
    r"|truncate\s+\w|grant\s+\w+.*\bto\b|revoke\s+\w+.*\bfrom\b|copy\s+\w+.*\bfrom\b|vacuum\b|call\s+\w+)",
    re.I | re.S,
)
_WITH_WRITES = lazy_compile(r"\)\s*(?:insert\s+into|update\s+\S+\s+set|delete\s+from)\b", re.I)
_LIMITER_PARTS = ("limit", "throttl", "bucket")
"""Parts of which every name of a limiter contains one."""
_LONGEST_SQL = 4000
"""Most characters of an SQL statement that are searched; its verb is at the beginning."""


def sql_effect(statement: str) -> str | None:
    """Classify an SQL statement as "sql-read" or "sql-write"; None for other text."""
    text = _COMMENTS.sub("", statement[:_LONGEST_SQL], count=1)
    if text[:4].lower() == "with":
        return "sql-write" if _WITH_WRITES.search(text) else "sql-read" if " as" in text.lower() else None
    if _SQL_WRITES.match(text):
        return "sql-write"
    return "sql-read" if _SQL_READS.match(text) else None


def http_effect(verb: str) -> str | None:
    """Classify the name of an HTTP method, in any case, as "http-read" or "http-write"; None for other words."""
    word = verb.lower()
    if word in HTTP_WRITES:
        return "http-write"
    return "http-read" if word in HTTP_READS else None


def file_mode_effect(mode: str) -> str:
    """Classify the mode of `open` as "file-read" or "file-write"; "r+" can write."""
    return "file-write" if any(letter in mode for letter in "wax+") else "file-read"


def limits_rate(name: str, package: str = "") -> bool:
    """Whether a call or decorator limits a rate, by its dotted name and the package it is imported from."""
    if package in LIMITER_PACKAGES:
        return True
    lowered = name.lower()
    if not any(part in lowered for part in _LIMITER_PARTS):
        return False
    return name.rpartition(".")[2] in LIMITER_FUNCTIONS or LIMITERS.search(name) is not None

"""Settings of a scan in the repository: `sentinel.toml`, or the table `[tool.sentinel]` of `pyproject.toml`.

Both lie in the root, and only one of them may hold settings. A change under review can bring its own file along, so
nothing in it is trusted: its size and the depth of its keys are bounded before it is parsed.
"""

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.file_selection import read_regular_file
from agentsentinel_core.lazy_regex import lazy_compile
from agentsentinel_core.light_dataclasses import dataclass

CONFIG_FILE = "sentinel.toml"
PROJECT_FILE = "pyproject.toml"
LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
MOST_BYTES = 256 * 1024
MOST_KEY_PARTS = 32
"""Most parts of a dotted key. Python's parser keeps each beginning of a key: 128,000 parts take more than 10 GB."""
_KEYS = ("baseline", "exclude", "fail-on", "rules", "severity")
_RULE_KEYS = ("disabled", "only")
_IGNORE = "--no-config ignores the file"
_TOKENS = lazy_compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:""")?'
    r"|'''(?:[^']|'(?!''))*(?:''')?"
    r'|"(?:[^"\\\n]|\\.)*"?'
    r"|'[^'\n]*'?|#[^\n]*|[.\n=,\[\]{}]",
    re.DOTALL,
)
"""Strings, comments, and what joins or ends keys. A string may be open at its end, so that each is read once."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a repository; None or empty where the file has none."""

    file: str
    """Path of the file for messages, relative to the working folder."""
    fail_on: str | None = None
    severity: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only_rules: tuple[str, ...] = ()
    disabled_rules: tuple[str, ...] = ()
    baseline: str | None = None
    """Path of the baseline; relative ones in the file are relative to its folder."""


def load_config(root: str) -> Config | None:
    """Read the settings in a root folder; None when there are none. Raises RequestError with file and key."""
    tables = {name: _table_of(os.path.join(root, name)) for name in (CONFIG_FILE, PROJECT_FILE)}
    if None not in tables.values():
        raise RequestError(f"settings in both {CONFIG_FILE} and [tool.sentinel] of {PROJECT_FILE}; keep one of them")
    for name, table in tables.items():
        if table is not None:
            return _config(table, os.path.join(root, name))
    return None


def _table_of(path: str) -> Mapping[str, Any] | None:
    """Return the settings of a file as they are written; None for a missing file, or one that has none."""
    file = os.path.relpath(path)
    try:
        data = read_regular_file(path, MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RequestError(f"{file}: {(error.strerror or type(error).__name__).lower()}; {_IGNORE}") from error
    except ValueError as error:
        raise RequestError(f"{file}: {error}; {_IGNORE}") from error
    if path.endswith(PROJECT_FILE):
        # Most projects have no settings here, and a template of a project is not TOML at all.
        return _part(_parsed(data, file), "tool", "sentinel", file=file) if b"sentinel" in data else None
    return _parsed(data, file)


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    from importlib import import_module

    # Since Python 3.11 tomli is part of the standard library.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        text = data.decode("utf-8-sig")
        if _longest_key(text) > MOST_KEY_PARTS:
            raise RequestError(f"{file}: a key has more than {MOST_KEY_PARTS} parts; {_IGNORE}")
        content: dict[str, Any] = toml.loads(text)
    except UnicodeDecodeError as error:
        raise RequestError(f"{file}: not UTF-8 text; {_IGNORE}") from error
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise RequestError(f"{file}: not valid TOML: {reason}; {_IGNORE}") from error
    return content


def _longest_key(text: str) -> int:
    """Return the most parts of any dotted key of a text, or of any other run of dots outside of strings."""
    longest = parts = 0
    for token in _TOKENS.finditer(text):
        char = token[0][0]
        if char == ".":
            parts += 1
            longest = max(longest, parts)
        elif char not in "\"'":
            parts = 0
    return longest + 1


def _part(table: Mapping[str, Any], *names: str, file: str) -> Mapping[str, Any] | None:
    """Return a table within a table; None when it is missing."""
    part: Any = table
    for number, name in enumerate(names, start=1):
        if name not in part:
            return None
        part = part[name]
        if not isinstance(part, dict):
            raise RequestError(f"{file}: {'.'.join(names[:number])}: write a table")
    found: Mapping[str, Any] = part
    return found


def _config(table: Mapping[str, Any], path: str) -> Config:
    file = os.path.relpath(path)
    _check_keys(table, _KEYS, file, "")
    rules = _part(table, "rules", file=file) or {}
    _check_keys(rules, _RULE_KEYS, file, "rules.")
    if len(rules) > 1:
        raise RequestError(f"{file}: rules: write either only or disabled")
    baseline = _text(table, "baseline", file)
    return Config(
        file=file,
        fail_on=_level(fail_on, "fail-on", file) if (fail_on := _text(table, "fail-on", file)) is not None else None,
        severity=tuple(_level(level, "severity", file) for level in _texts(table, "severity", file)),
        exclude=_texts(table, "exclude", file),
        only_rules=_texts(rules, "only", file, "rules."),
        disabled_rules=_texts(rules, "disabled", file, "rules."),
        baseline=os.path.relpath(os.path.join(os.path.dirname(path), baseline)) if baseline is not None else None,
    )


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], file: str, above: str) -> None:
    for key in table:
        if key not in known:
            raise RequestError(f"{file}: {above + key[:60]!a} is not a setting; there are {', '.join(known)}")


def _text(table: Mapping[str, Any], key: str, file: str) -> str | None:
    value = table.get(key)
    if value is not None and not (isinstance(value, str) and value):
        raise RequestError(f"{file}: {key}: write a text")
    return value


def _texts(table: Mapping[str, Any], key: str, file: str, above: str = "") -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise RequestError(f"{file}: {above}{key}: write a list of texts")
    return tuple(value)


def _level(text: str, key: str, file: str) -> str:
    if text.upper() not in LEVELS:
        raise RequestError(f"{file}: {key}: {text[:60]!a} is not one of {', '.join(LEVELS)}")
    return text.upper()

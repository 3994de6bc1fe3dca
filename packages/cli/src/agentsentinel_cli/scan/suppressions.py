"""Suppressions of findings: inline comments, `.sentinelignore` files, and a baseline of known findings.

A suppressed finding stays visible and still lowers the score; it only no longer fails the gate. An entry states its
reason, and may state the last day on which it applies.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date

from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_cli.scan.globs import Glob
from agentsentinel_cli.scan.report_model import Location, ScanFinding, ScannedAgent, Suppression
from agentsentinel_core.light_dataclasses import dataclass

_ANY = "*"
AGENT = "AGENT"
"""Word in the place of a rule for agents that `sentinel discover` shall treat as known."""
_EXPIRY = re.compile(r"until=(\S+)")

Ignores = Mapping[str, tuple[tuple[int, tuple[str, ...], str], ...]]
"""Inline suppression comments by path, each a tuple of line, rules (empty = all) and reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an ignore file."""

    rule: str
    """Id of the suppressed rule, or `*` for all rules."""
    pattern: Glob
    reason: str
    until: date | None
    where: str
    folder: str = ""
    """Folder that the entry applies to, relative to the root and ending in a slash; "" for all files."""

    def means(self, path: str) -> bool:
        """Tell whether the entry applies to a file.

        The file must be in the entry's folder, and the pattern match its path from there or from the root.
        """
        if not path.startswith(self.folder):
            return False
        return self.pattern.fullmatch(path) or self.pattern.fullmatch(path[len(self.folder) :])


def read_ignore_file(path: str, rules: Iterable[str], folder: str = "") -> list[Entry]:
    """Parse an ignore file; `folder` limits its entries to a folder, relative to the root and ending in a slash.

    Raises SuppressionError with the invalid line, OSError when the file cannot be read.
    """
    known = {_ANY, AGENT, *rules}
    with open(path, encoding="utf-8") as stream:
        try:
            lines = stream.read().splitlines()
        except UnicodeDecodeError as error:
            raise SuppressionError(f"{path}: not UTF-8 text") from error
    entries = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            entries.append(_entry(text, f"{path}:{number}", known, folder))
    return entries


def _entry(text: str, where: str, known: set[str], folder: str) -> Entry:
    parts = text.split(maxsplit=2)
    if len(parts) < 3:
        raise SuppressionError(f"{where}: needs a rule, a path and a reason: RULE path/** [until=YYYY-MM-DD] reason")
    rule, glob, rest = parts
    if rule not in known:
        raise SuppressionError(f"{where}: there is no rule {rule!r}; `sentinel rules` lists them")
    until = None
    if expiry := _EXPIRY.match(rest):
        try:
            until = date.fromisoformat(expiry[1])
        except ValueError as error:
            raise SuppressionError(f"{where}: {expiry[1]!r} is not a date; write until=YYYY-MM-DD") from error
        rest = rest[expiry.end() :].strip()
    if not rest:
        raise SuppressionError(f"{where}: the reason is missing; write it after the path and the expiry date")
    return Entry(rule, Glob(glob), rest, until, where, folder)


def suppress(
    agents: Iterable[ScannedAgent], ignores: Ignores, entries: Iterable[Entry], baseline: Mapping[str, str], today: date
) -> list[str]:
    """Set the suppression of every finding, and return warnings about expired entries that match a finding."""
    current = [entry for entry in entries if entry.until is None or entry.until >= today]
    expired = [entry for entry in entries if entry.until is not None and entry.until < today]
    warnings: list[str] = []
    for agent in agents:
        for finding in agent.findings:
            finding.suppression = (
                _inline(agent, finding, ignores) or _by_entry(finding, current) or _by_baseline(finding, baseline)
            )
            if finding.suppression is None and (late := _by_entry(finding, expired)) is not None:
                warnings.append(f"{late.where}: expired, so {finding.rule_id} counts again")
    return sorted(set(warnings))


def _inline(agent: ScannedAgent, finding: ScanFinding, ignores: Ignores) -> Suppression | None:
    home = Location(agent.path, agent.place) if agent.place is not None else None
    at_home = _comment_at(home, finding.rule_id, ignores) if home is not None else None
    if at_home is not None:
        return at_home
    # Every location needs the comment: a tool that was added later has not been reviewed by the author of the comment.
    defined = {where.note.removeprefix("tool ") for where in finding.locations if where.note.startswith("tool ")}
    places = [where for where in finding.locations if where.note.removeprefix("grant ") not in defined]
    comments = [_comment_at(where, finding.rule_id, ignores) for where in places]
    return comments[0] if all(comments) else None


def _comment_at(where: Location, rule_id: str, ignores: Ignores) -> Suppression | None:
    last = max(where.place.line, where.place.end_line or 0) if where.note.startswith("grant") else where.place.line
    for line, rules, reason in ignores.get(where.path, ()):
        # The comment is at the end of the line, or on the line above.
        if where.place.line - 1 <= line <= last and (not rules or rule_id in rules):
            return Suppression("inline", reason, f"{where.path}:{line}")
    return None


def _by_entry(finding: ScanFinding, entries: Iterable[Entry]) -> Suppression | None:
    for entry in entries:
        if entry.rule in (_ANY, finding.rule_id) and all(entry.means(where.path) for where in finding.locations):
            return Suppression("file", entry.reason, entry.where)
    return None


def _by_baseline(finding: ScanFinding, baseline: Mapping[str, str]) -> Suppression | None:
    where = baseline.get(finding.fingerprint)
    return Suppression("baseline", "known before", where) if where is not None else None


def read_baseline(path: str) -> dict[str, str]:
    """Read a baseline: known fingerprint -> path of the baseline.

    Raises SuppressionError when the file is not a baseline, OSError when it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            content = json.load(stream)
        known = content["findings"]
        return {entry["fingerprint"]: path for entry in known}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SuppressionError(f"{path}: is not a baseline; write one with --write-baseline {path}") from error


def write_baseline(path: str, findings: Iterable[ScanFinding]) -> int:
    """Write a baseline of all findings that are not suppressed otherwise, and return their number. Raises OSError."""
    known = sorted(
        (
            {
                "fingerprint": finding.fingerprint,
                "rule": finding.rule_id,
                "path": finding.locations[0].path,
                "message": finding.message,
            }
            for finding in findings
            if finding.suppression is None or finding.suppression.kind == "baseline"
        ),
        key=lambda entry: (entry["path"], entry["rule"], entry["fingerprint"]),
    )
    beside = f"{path}.new"
    with open(beside, "w", encoding="utf-8") as stream:
        json.dump({"version": 1, "findings": known}, stream, indent=2)
        stream.write("\n")
    os.replace(beside, path)
    return len(known)

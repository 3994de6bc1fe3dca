"""Writes what a policy would have done about recorded calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from agentsentinel_cli.policy.records import Records
from agentsentinel_cli.report.words import safe
from agentsentinel_core.policy.decide import UNKNOWN_TOOL
from agentsentinel_core.policy.model import Effect, Policy
from agentsentinel_core.policy.replay import AgentReplay, Replay

_NOT_DECIDABLE = "not decidable from records"
_TEXTS = ("rule", "mode", "agent", "by")
"""Headings of columns that hold text."""


def text(policy: Policy, found: Replay, records: Records, meta_tools: Counter[str]) -> str:
    """Return the report for people."""
    return "\n".join(_lines(policy, found, records, meta_tools)) + "\n"


def plain(policy: Policy, found: Replay, records: Records, meta_tools: Counter[str]) -> dict[str, Any]:
    """Return the report as values of JSON."""
    return {
        "calls": found.calls,
        "oldest": records.oldest.isoformat() if records.oldest else None,
        "newest": records.newest.isoformat() if records.newest else None,
        "is_cut": records.is_cut,
        "blocked": found.blocked.total(),
        "unsure": found.unsure,
        "rules": [
            {
                "id": rule_id,
                "effect": effect,
                "mode": mode,
                "blocked": found.blocked[rule_id],
                "would_block": found.would_block[rule_id],
                "named": found.named[rule_id],
                "not_decidable": found.undecidable[rule_id],
            }
            for rule_id, effect, mode in _rules(policy, found)
        ],
        "agents": [
            {
                "id": agent_id,
                "name": agent.name,
                "calls": agent.calls,
                "blocked": agent.blocked,
                "sessions": len(agent.sessions),
                "rules": dict(agent.rules.most_common()),
            }
            for agent_id, agent in _by_blocked(found)
        ],
        "meta_tools": dict(meta_tools.most_common()),
    }


def _rules(policy: Policy, found: Replay) -> Iterator[tuple[str, str, str]]:
    """Yield id, effect and mode of each rule, and of the default where it denied a call."""
    for rule in policy.rules:
        yield rule.id, rule.effect.value, rule.mode.value if rule.effect is Effect.DENY else ""
    if found.blocked[UNKNOWN_TOOL]:
        yield UNKNOWN_TOOL, "deny", "enforce"


def _by_blocked(found: Replay) -> list[tuple[str, AgentReplay]]:
    return sorted(found.agents.items(), key=lambda item: (-item[1].blocked, item[1].name, item[0]))


def _lines(policy: Policy, found: Replay, records: Records, meta_tools: Counter[str]) -> Iterator[str]:
    agents = len(found.agents)
    yield f"{_count(found.calls, 'call')} of {_count(agents, 'agent')}, {records.period}"
    if records.is_cut:
        yield f"Only the newest {found.calls:,} calls were read; give a shorter --since, or --agent NAME."
    yield ""
    rows = [
        (rule_id, mode or effect, *(_number(counts[rule_id]) for counts in _columns(found)))
        for rule_id, effect, mode in _rules(policy, found)
    ]
    yield from _table(("rule", "mode", "blocked", "would block", "named", "not decidable"), rows)
    yield ""
    blocked = [(safe(agent.name), agent) for _, agent in _by_blocked(found) if agent.blocked]
    if blocked:
        yield from _table(
            ("agent", "calls", "blocked", "sessions", "by"),
            [
                (name, *map(_number, (agent.calls, agent.blocked, len(agent.sessions))), ", ".join(agent.rules))
                for name, agent in blocked
            ],
        )
        yield ""
    yield f"{_count(found.blocked.total(), 'call')} would have been blocked."
    if found.unsure:
        is_or_are = "is" if found.unsure == 1 else "are"
        yield f"{_count(found.unsure, 'call')} more {is_or_are} {_NOT_DECIDABLE}:"
        yield "rules ask for arguments, or for the status of the agent at that time."
    if meta_tools:
        names = ", ".join(safe(name) for name, _ in meta_tools.most_common(5))
        yield f"What {_count(meta_tools.total(), 'call')} of meta-tools ({names}) called is {_NOT_DECIDABLE}."


def _columns(found: Replay) -> tuple[Counter[str], ...]:
    return found.blocked, found.would_block, found.named, found.undecidable


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Yield lines with columns: numbers to the right, text to the left."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if head[at] in _TEXTS else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _number(count: int) -> str:
    return f"{count:,}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"

"""The smallest policy that recorded calls need: it allows the tools that were called, and denies all others."""

import json
from collections import Counter
from collections.abc import Iterable

from agentsentinel_core.policy.decide import folded, names_match
from agentsentinel_core.policy.replay import RecordedCall


def suggest(agent_name: str, calls: Iterable[RecordedCall]) -> str:
    """Return the policy as YAML: one rule for each MCP server, and one for the tools without a server.

    Args:
        agent_name: whose calls they are.
        calls: the calls that are to be allowed.

    Raises ValueError when there are no calls.
    """
    counts: dict[str, Counter[str]] = {}
    for call in calls:
        counts.setdefault(_pattern(call.server), Counter())[_pattern(call.tool)] += 1
    if not counts:
        raise ValueError("there are no calls to allow")
    lines = ["version: 1", "unknown_tools: deny", "rules:"]
    done: list[tuple[str, tuple[str, ...]]] = []
    for server in sorted(counts, key=lambda name: (name != "", "?" not in name, name)):
        tools = _uncovered(server, counts[server], done)
        if tools:
            done.append((server, tuple(tools)))
            lines += _rule(len(done), agent_name, server, tools)
    return "\n".join(lines) + "\n"


def _uncovered(server: str, tools: Counter[str], done: list[tuple[str, tuple[str, ...]]]) -> Counter[str]:
    """Return the tools that no rule before allows: one without a server holds for every server."""
    before = [known for name, known in done if not name or names_match((name,), server)]
    return Counter(
        {tool: tools[tool] for tool in sorted(tools) if not any(names_match(known, tool) for known in before)}
    )


def _rule(number: int, agent_name: str, server: str, tools: Counter[str]) -> list[str]:
    recorded = f"{_count(sum(tools.values()), 'call')} of {_count(len(tools), 'tool')} recorded"
    return [
        f"  - id: {f'server-{number}' if server else 'own-tools'}",
        "    effect: allow",
        f"    why: {_quoted(recorded)}",
        "    when:",
        f"      agent: {_quoted(_pattern(agent_name))}",
        *([f"      server: {_quoted(server)}"] if server else []),
        "      tool:",
        *(f"        - {_quoted(tool)}" for tool in tools),
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _pattern(name: str) -> str:
    """Return a pattern for a name in the form that is compared; signs that are wildcards fit any one character."""
    return folded(name).replace("*", "?").replace("[", "?")


def _quoted(text: str) -> str:
    """Return text as a string of YAML; each string of JSON in ASCII is one."""
    return json.dumps(text)

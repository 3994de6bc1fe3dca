"""Builds the documents of policies from plain values, as the reader of a file does."""

import re
from typing import Any

from agentsentinel_core.policy.model import Pattern, Policy
from agentsentinel_core.policy.node import Node
from agentsentinel_core.policy.parse import parse


def node(value: Any, line: int = 1) -> Node:
    if isinstance(value, dict):
        return Node(tuple((node(key, line), node(each, line)) for key, each in value.items()), line, is_mapping=True)
    if isinstance(value, list):
        return Node(tuple(node(each, line) for each in value), line, is_sequence=True)
    return Node(value, line)


def compiled(pattern: str) -> Pattern:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from None


def policy(*rules: dict[str, Any], unknown_tools: str = "allow") -> Policy:
    """Return a policy of rules without ids: they get those of their place, `r0` and so on."""
    named = [{"id": f"r{place}", **rule} for place, rule in enumerate(rules)]
    document = node({"version": 1, "unknown_tools": unknown_tools, "rules": named})
    parsed, problems = parse(document, compiled)
    assert parsed is not None, problems
    return parsed


def problems_of(document: Any) -> list[str]:
    parsed, problems = parse(node(document), compiled)
    assert (parsed is None) == bool(problems)
    return [problem.message for problem in problems]

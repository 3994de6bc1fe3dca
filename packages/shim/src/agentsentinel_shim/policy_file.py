"""Reads a policy from a YAML file, strictly: a file with one problem is not used, and each problem has its line."""

from __future__ import annotations

from pathlib import Path

import re2
import yaml

from agentsentinel_core.policy.model import Pattern, Policy
from agentsentinel_core.policy.node import Node
from agentsentinel_core.policy.parse import PolicyProblem, parse

MOST_BYTES = 1024 * 1024
DEEPEST = 20
"""Values within values; the language has six."""


class PolicyError(ValueError):
    """A policy that cannot be used; the message has one line for each problem, as `FILE:LINE: what`."""

    def __init__(self, path: Path, problems: tuple[PolicyProblem, ...]) -> None:
        super().__init__("\n".join(f"{path}:{problem.line}: {problem.message}" for problem in problems))
        self.problems = problems


def load_policy(path: Path) -> Policy:
    """Return the policy in a file. Raises PolicyError."""
    return read_policy(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Return what is in the file of a policy. Raises PolicyError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise PolicyError(path, (PolicyProblem(1, f"the file cannot be read: {reason}"),)) from None
    if len(data) > MOST_BYTES:
        raise PolicyError(path, (PolicyProblem(1, f"the file is longer than {MOST_BYTES} bytes"),))
    return data


def read_policy(path: Path, data: bytes) -> Policy:
    """Return the policy in the bytes of a file. Raises PolicyError, which names `path`."""
    try:
        policy, problems = parse(_document(data), _compiled)
    except _NotYaml as error:
        raise PolicyError(path, (error.problem,)) from None
    if policy is None:
        raise PolicyError(path, problems)
    return policy


def _compiled(pattern: str) -> Pattern:
    """Compile a regular expression by RE2, whose time is linear in the text. Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled: Pattern = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
    return compiled


class _NotYaml(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = PolicyProblem(line, message)


def _document(data: bytes) -> Node:
    """Return the one document of a file. Raises _NotYaml."""
    try:
        text = data.decode("utf-8-sig")
        tokens = yaml.scan(text, Loader=yaml.SafeLoader)
        for token in tokens:
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                raise _NotYaml(token.start_mark.line + 1, "anchors and aliases are not supported; write the value out")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise _NotYaml(data[: error.start].count(b"\n") + 1, "the file is not text in UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise _NotYaml(line, f"this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _NotYaml(1, f"this is not YAML: {str(error).splitlines()[0] if str(error) else 'too deep'}") from None
    if root is None:
        raise _NotYaml(1, "the file is empty; a policy begins with `version: 1`")
    return _node(root, yaml.SafeLoader(""), 0)


def _node(node: yaml.Node, loader: yaml.SafeLoader, depth: int) -> Node:
    line = node.start_mark.line + 1
    if depth > DEEPEST:
        raise _NotYaml(line, "the values are nested too deep")
    if isinstance(node, yaml.MappingNode):
        pairs = tuple((_node(key, loader, depth + 1), _node(value, loader, depth + 1)) for key, value in node.value)
        return Node(pairs, line, is_mapping=True)
    if isinstance(node, yaml.SequenceNode):
        return Node(tuple(_node(item, loader, depth + 1) for item in node.value), line, is_sequence=True)
    try:
        return Node(loader.construct_object(node), line)
    except (yaml.YAMLError, ValueError, OverflowError):
        raise _NotYaml(line, f"a value cannot be read; put it in quotes: {str(node.value)[:40]!a}") from None

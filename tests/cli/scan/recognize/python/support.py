"""Agents of a source, and what they are granted."""

from agentsentinel_cli.scan.model import AgentFact, GrantKind, Symbol
from agentsentinel_cli.scan.recognize.python import extract_python


def agents(source: str) -> list[AgentFact]:
    return list(extract_python("agent.py", source.encode()).agents)


def granted(agent: AgentFact) -> list[tuple[GrantKind, str | Symbol]]:
    return [(grant.kind, grant.target) for grant in agent.grants]

"""How a finding is recognised in a later run: by rule, agent and evidence, never by lines, which move."""

from agentsentinel_cli.scan.digest import blake2b
from agentsentinel_cli.scan.results import ScannedAgent
from agentsentinel_core.findings import Finding


def fingerprint(agent: ScannedAgent, found: Finding) -> str:
    """64 hex digits."""
    import json  # noqa: PLC0415 - where there is a finding

    key = [found.rule_id, agent.path, agent.name, *found.evidence]
    return blake2b(json.dumps(key).encode(), digest_size=32).hexdigest()

"""Fingerprints that identify a finding across runs: by rule, agent and evidence, never by line numbers, which move."""

from agentsentinel_cli.scan.digest import blake2b
from agentsentinel_cli.scan.report_model import ScannedAgent
from agentsentinel_core.findings import Finding


def fingerprint(agent: ScannedAgent, found: Finding) -> str:
    """Return the fingerprint of a finding, 64 hex digits, from its rule, agent path, agent name and evidence.

    Agents of one name in one file are told apart by their order.
    """
    import json  # needed only when there is a finding

    key = [found.rule_id, agent.path, agent.name, *found.evidence]
    if agent.namesakes_before:
        key.append(f"namesake:{agent.namesakes_before}")
    return blake2b(json.dumps(key).encode(), digest_size=32).hexdigest()

"""The file vector: agents in the source code of a folder, as `sentinel scan` finds them."""

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from agentsentinel_cli.discover.model import AgentTool, DiscoveredAgent, Kind
from agentsentinel_cli.discover.providers import FRAMEWORK_PROVIDERS, framework_labels
from agentsentinel_cli.scan.errors import SuppressionError
from agentsentinel_cli.scan.file_selection import Selection
from agentsentinel_cli.scan.pipeline import Request, scan
from agentsentinel_cli.scan.report_model import ScannedAgent
from agentsentinel_cli.scan.roots import root_of

if TYPE_CHECKING:
    from agentsentinel_cli.discover.run import Run

_MOST_FINDINGS = 10


def find_in_files(path: str, run: "Run") -> None:
    """Report the agents in a file or folder."""
    try:
        result = scan(Request((path,), Selection()), datetime.now(timezone.utc))
    except (OSError, SuppressionError) as error:
        run.note(f"{path} was not looked at: {error}")
        return
    run.looked()
    if result.skipped:
        count = len(result.skipped)
        run.note(f"{count} file{'' if count == 1 else 's'} could not be read; sentinel scan {path} names them")
    root = root_of((path,))
    for agent in result.agents:
        # A configuration file with a credential is a finding of `sentinel scan`, not an agent.
        if agent.place is not None or agent.tools or agent.grants:
            run.add(_agent(agent, root))


def _agent(agent: ScannedAgent, root: str) -> DiscoveredAgent:
    labels = framework_labels({agent.framework} if agent.framework else set())
    file = os.path.normpath(os.path.join(root, agent.path))
    stem = os.path.splitext(os.path.basename(agent.path))[0].replace("_", "-")
    return DiscoveredAgent(
        source="file",
        kind=Kind.AGENT,
        name=agent.name if agent.place is not None else stem,
        location=f"{agent.path}:{agent.place.line}" if agent.place is not None else agent.path,
        frameworks=labels,
        provider=next((FRAMEWORK_PROVIDERS[label] for label in labels if label in FRAMEWORK_PROVIDERS), None),
        model=agent.model,
        tools=tuple(
            AgentTool(tool.shown, tool.tool_class.scope.value, tool.tool_class.is_dangerous) for tool in agent.tools
        ),
        has_secrets_in_source=bool(agent.secrets),
        script=file,
        evidence=tuple(f"{found.severity.value} {found.rule_id}" for found in agent.findings[:_MOST_FINDINGS]),
    )

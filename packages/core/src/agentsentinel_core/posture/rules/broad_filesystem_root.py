"""BROAD_FILESYSTEM_ROOT: an MCP server is given a whole disk or a whole home."""

from datetime import datetime

from agentsentinel_core.agents import AgentProfile
from agentsentinel_core.findings import Finding, Severity
from agentsentinel_core.launch import broad_folders
from agentsentinel_core.posture.rule import EvidenceKind, Rule, listed


class BroadFilesystemRoot(Rule):
    """A filesystem server or a container with a folder that holds far more than one project."""

    id = "BROAD_FILESYSTEM_ROOT"
    severity = Severity.HIGH
    title = "MCP server reaches a whole disk or home"
    rationale = (
        "A home holds SSH keys, browser profiles, cloud credentials and the configuration of every agent. An agent "
        "that can read and write all of it can be talked into handing them out, or into changing its own settings."
    )
    remediation = "Give the server the folders of the projects it works on, read-only where that is enough."
    references = ("ASI02", "MCP02", "AML.T0085.001", "CWE-552")
    needs = frozenset({EvidenceKind.CONNECTIONS})

    def check(self, profile: AgentProfile, now: datetime) -> Finding | None:
        """Any filesystem server or container mount whose folder is a disk, a home, or the folder of all homes."""
        found = {
            (connection.server_name, folder)
            for connection in profile.connections
            for folder in broad_folders(connection.command)
        }
        if not found:
            return None
        shown = listed(f"{folder} ({server})" for server, folder in found)
        return self.finding(
            f"MCP servers reach far more than a project: {shown}.",
            [f"folder:{folder}:{server}" for server, folder in found],
            f"Folders: {shown}",
        )

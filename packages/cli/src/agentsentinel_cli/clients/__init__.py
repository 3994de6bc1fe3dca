"""AI clients of a machine, read from their files: MCP servers, permissions, hooks, rules files and skills.

It needs the table of clients in the package `agentsentinel-shim`, which the extra `discover` brings.
"""

from agentsentinel_cli.clients.find import find_clients
from agentsentinel_cli.clients.model import ClientAgent, ClientInventory, ClientServer, FoundFile, UnreadFile

__all__ = ["ClientAgent", "ClientInventory", "ClientServer", "FoundFile", "UnreadFile", "find_clients"]

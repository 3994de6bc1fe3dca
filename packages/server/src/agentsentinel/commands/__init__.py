"""The verbs of the `agentsentinel` command."""

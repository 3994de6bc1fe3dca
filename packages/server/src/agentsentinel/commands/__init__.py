"""Implementation of the subcommands of the `agentsentinel` command."""

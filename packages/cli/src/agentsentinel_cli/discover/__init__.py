"""Discovery of AI agents that run on hosts, listen on networks, or live in containers and folders."""

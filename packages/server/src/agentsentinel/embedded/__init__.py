"""Embedded PostgreSQL in the data directory, so that `agentsentinel up` needs no installed database."""

from agentsentinel.embedded.errors import EmbeddedPostgresError
from agentsentinel.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

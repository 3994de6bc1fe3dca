"""The schema, as alembic migrations. `agentsentinel migrate` or `alembic upgrade head` runs them."""

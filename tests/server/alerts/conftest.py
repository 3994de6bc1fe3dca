"""One database for each module of alerts."""

import pytest

from server.support import query


@pytest.fixture
def dsn(migrated_dsn: str) -> str:
    """Return the migrated database, without alerts that are still due from another test."""
    query(migrated_dsn, "TRUNCATE agents CASCADE")
    return migrated_dsn

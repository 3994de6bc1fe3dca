"""An agent that reports spans."""

import pytest

from server.support import Server

# --- who may --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def agent(server: Server) -> str:
    """Register an agent whose events are not counted."""
    return server.new_agent(name="shop")

"""The demo agent, for tests that look at it."""

from typing import Any

import pytest

from server.support import Server


@pytest.fixture
def demo(server: Server) -> dict[str, Any]:
    """Load the demo agent now."""
    answer = server.api.post("demo")
    assert answer.status_code == 201, answer.text
    agent: dict[str, Any] = answer.json()
    return agent

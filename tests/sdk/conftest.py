"""Faults of the recorder, which an agent must never notice, fail the tests."""

import pytest

from agentsentinel_sdk import recorder


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise what the recorder would only log."""
    monkeypatch.setattr(recorder, "raises_faults", True)

"""Processes are known by their command lines and environments, which a fork of a warm process does not have."""

import pytest

from warm_start import COLD


@pytest.fixture(autouse=True)
def started_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COLD, "1")

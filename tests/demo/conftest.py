"""The demo is not an installed package: it is imported from the root of the checkout."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the keys and addresses in the environment of the test run out of the tests."""
    for name in ("ANTHROPIC_API_KEY", "AGENTSENTINEL_API_KEY", "SENTINEL_URL"):
        monkeypatch.delenv(name, raising=False)

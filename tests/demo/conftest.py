"""The demo is no installed package: it is found from the root of the checkout."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key or address of the person who runs the tests gets into one."""
    for name in ("ANTHROPIC_API_KEY", "AGENTSENTINEL_API_KEY", "SENTINEL_URL"):
        monkeypatch.delenv(name, raising=False)

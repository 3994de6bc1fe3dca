"""Each adapter is tested in an environment of its own, since the frameworks' pins clash.

In the project's environment only `test_environments.py` is collected. It starts a real server and, for each adapter,
pytest in that adapter's environment, which collects the two files it is given: the adapter's, and the one that runs its
example.
"""

import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

URL = "AGENTSENTINEL_TEST_URL"
KEY = "AGENTSENTINEL_TEST_KEY"
ADAPTER = "AGENTSENTINEL_TEST_ADAPTER"
SENTINEL = "AGENTSENTINEL_TEST_SENTINEL"

pytest.register_assert_rewrite("contract", "traced")

collect_ignore_glob = ["test_environments.py"] if URL in os.environ else ["test_[!e]*.py"]

sys.path.insert(0, str(Path(__file__).parent))


@dataclass(frozen=True)
class Platform:
    """A running server."""

    url: str
    admin_key: str

    def get(self, path: str, **query: Any) -> Any:
        """Get the JSON of a path below /api/v1."""
        answer = httpx2.get(
            f"{self.url}/api/v1/{path}",
            headers={"X-API-Key": self.admin_key},
            params=query,
            timeout=20,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **members: Any) -> Any:
        """Post to a path below /api/v1 and return the JSON of what was created."""
        answer = httpx2.post(
            f"{self.url}/api/v1/{path}",
            headers={"X-API-Key": self.admin_key},
            json=members,
            timeout=20,
            trust_env=False,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def new_agent(self) -> tuple[str, str]:
        """Register an agent; returns its id, and a key that is bound to it."""
        agent_id: str = self.post("agents", name=f"agent-{uuid.uuid4().hex}")["id"]
        return agent_id, self.post("keys", name="test", scope="agent", agent_id=agent_id)["key"]

    def events(self, agent_id: str) -> list[dict[str, Any]]:
        """Return the agent's events, in the order in which they happened."""
        events = self.get("events", agent_id=agent_id, limit=200)
        return sorted(events, key=lambda event: (event["timestamp"], event["event_id"]))

    def grants(self, agent_id: str) -> set[str]:
        """Return the names of the tools that the agent is granted."""
        return {grant["tool_name"] for grant in self.get(f"agents/{agent_id}")["grants"]}


@pytest.fixture(scope="session")
def platform() -> Platform:
    """Return the server that `test_environments.py` started."""
    return Platform(os.environ[URL], os.environ[KEY])


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the environment of the test run out of the tests, and let no spool outlive its test."""
    monkeypatch.setenv("AGENTSENTINEL_SPOOL", str(tmp_path / "spool"))
    for name in ("AGENTSENTINEL_API_KEY", "SENTINEL_URL", "AGENTSENTINEL_HASH_KEY"):
        monkeypatch.delenv(name, raising=False)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize the tests with the modes in which the adapter's class can run its framework."""
    if "mode" in metafunc.fixturenames:
        metafunc.parametrize("mode", metafunc.cls.modes)
    if "async_mode" in metafunc.fixturenames:
        metafunc.parametrize("async_mode", [mode for mode in metafunc.cls.modes if mode == "async"])


@pytest.fixture(autouse=True)
def faults_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise faults of the recorder, which an agent must never notice, in the environments of the adapters."""
    if URL in os.environ:
        monkeypatch.setattr("agentsentinel_sdk.recorder.raises_faults", True)

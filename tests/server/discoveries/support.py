"""What `discoveries` tests share."""

from typing import Any
from uuid import uuid4

from server.support import Server

WORKER = {
    "place": "/srv/worker.py",
    "name": "worker",
    "source": "process",
    "framework": "LangChain",
    "risk": "CRITICAL",
    "reason": "LLM API key exposed in process environment",
    "tools": ["read_database", "send_email"],
}


def host() -> str:
    """Return the name of a host that no other test knows."""
    return f"laptop-{uuid4().hex[:8]}"


def register(server: Server, host: str, *agents: dict[str, Any]) -> list[dict[str, Any]]:
    answer = server.api.post("discoveries", json={"host": host, "agents": agents})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()
    return results


def agent(server: Server, agent_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.api.get(f"agents/{agent_id}").json()
    return found

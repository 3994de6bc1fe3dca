"""Make keys and use them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from server.support import Server


def make(server: Server, scope: str, agent_id: str | None = None, name: str = "k") -> dict[str, Any]:
    answer = server.api.post("keys", json={"name": name, "scope": scope, "agent_id": agent_id})
    assert answer.status_code == 201, answer.text
    key: dict[str, Any] = answer.json()
    return key


# --- expiry, rotation, last use


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def status(server: Server, key: str) -> int:
    return server.request("GET", "/api/v1/keys/self", key).status_code

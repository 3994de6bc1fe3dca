"""Read the audit log."""

from typing import Any

from agentsentinel.audit.actions import Action
from server.support import Server


def entries(server: Server, action: Action | None = None, **params: Any) -> list[dict[str, Any]]:
    if action is not None:
        params["action"] = action.value
    answer = server.api.get("audit", params={"limit": 200, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found

"""An agent with a finding that comes and goes."""

from typing import Any

from server.support import Server


class Case:
    """One agent whose dangerous tools have no rate limit: MISSING_RATE_LIMIT."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.agent_id = server.new_agent(description="Deletes and drops old files")

    def add(self, tool_name: str) -> str:
        answer = self.server.api.post(f"agents/{self.agent_id}/grants", json={"tool_name": tool_name})
        grant_id: str = answer.json()["id"]
        return grant_id

    def remove(self, grant_id: str) -> None:
        assert self.server.api.delete(f"agents/{self.agent_id}/grants/{grant_id}").status_code == 204

    def score(self) -> dict[str, Any]:
        score: dict[str, Any] = self.server.api.get(f"agents/{self.agent_id}/score").json()
        return score

    def finding(self) -> dict[str, Any]:
        findings = self.server.api.get(f"agents/{self.agent_id}/findings").json()
        [found] = [finding for finding in findings if finding["rule_id"] == "MISSING_RATE_LIMIT"]
        one: dict[str, Any] = found
        return one

    def decide(self, status: str, **fields: Any) -> dict[str, Any]:
        answer = self.server.api.patch(f"findings/{self.finding()['id']}", json={"status": status, **fields})
        assert answer.status_code == 200, answer.text
        decided: dict[str, Any] = answer.json()
        return decided

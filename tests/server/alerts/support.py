"""A Slack of our own, and a platform without a server that alerts it."""

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2

from agentsentinel.agents import service
from agentsentinel.agents.schemas import AgentIn, GrantIn
from agentsentinel.alerts.destination import Destination
from agentsentinel.alerts.outbox import Outbox
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.auth.principal import COMMAND_LINE
from agentsentinel.config import async_database_url
from agentsentinel.ingest.counters import Counters
from agentsentinel.kit.database import Database
from agentsentinel.scores.service import Scorer
from agentsentinel_core.posture.registry import ruleset
from server.support import query

WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a key of 32 bytes for tests only").decode()


NOW = datetime(2030, 1, 1, tzinfo=UTC)
"""The outbox is handed the time; this is after everything the tests write."""


EXFILTRATION = ("read_database", "send_email")


class FakeSlack(httpx2.AsyncBaseTransport):
    """Answers with a list of replies in turn, the last one for ever; remembers the requests."""

    def __init__(self, *answers: httpx2.Response | BaseException) -> None:
        self._answers = list(answers or [httpx2.Response(200, text="ok")])
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def texts(self) -> list[str]:
        return [json.loads(request.content)["text"] for request in self.requests]


class Platform:
    """What raises alerts and what sends them, on a real database."""

    def __init__(self, dsn: str, *destinations: Destination) -> None:
        self.dsn = dsn
        self.database = Database(async_database_url(dsn))
        self.scorer = Scorer(Counters(self.database), ruleset("all"), destinations)
        self.outbox = Outbox(self.database, destinations)

    async def send_due(self, now: datetime) -> int:
        """Send to all destinations at once, as a worker does; return how many were sent."""
        return sum(await asyncio.gather(*[self.outbox.send_due(one, now) for one in self.outbox.destinations]))

    async def register(self, name: str = "crm-bot") -> UUID:
        async with self.database.transaction() as session:
            return (await service.register_agent(session, AgentIn(name=name), COMMAND_LINE)).id

    async def grant(self, agent_id: UUID, tools: Sequence[str]) -> list[UUID]:
        async with self.database.transaction() as session:
            rows = [
                await service.add_grant(session, self.scorer, agent_id, GrantIn(tool_name=tool), COMMAND_LINE)
                for tool in tools
            ]
            return [row.id for row, _ in rows]

    async def withdraw(self, agent_id: UUID, grant_id: UUID) -> None:
        async with self.database.transaction() as session:
            await service.remove_grant(session, self.scorer, agent_id, grant_id, COMMAND_LINE)

    async def rows(self) -> list[dict[str, Any]]:
        statement = "SELECT * FROM alert_deliveries ORDER BY created_at, event_id, destination"
        rows = await asyncio.to_thread(query, self.dsn, statement)
        return [{**row, "event": json.loads(row["event"])} for row in rows]


Scene = Callable[[Platform], Coroutine[Any, Any, None]]


def play(dsn: str, transport: httpx2.AsyncBaseTransport, scene: Scene) -> None:
    """Run a scene with Slack as the destination, and give its connections back."""
    play_with(dsn, [SlackWebhook(WEBHOOK, transport)], scene)


def play_with(dsn: str, destinations: Sequence[Destination], scene: Scene) -> None:
    """Run a scene with these destinations, and give its connections back."""

    async def run() -> None:
        platform = Platform(dsn, *destinations)
        try:
            await scene(platform)
        finally:
            await platform.database.close()

    asyncio.run(run())

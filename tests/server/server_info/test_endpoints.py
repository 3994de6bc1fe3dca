"""How the server is set up, as an administrator sees it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from agentsentinel.alerts.outbox import Outbox
from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.app import create_app
from agentsentinel.auth.principal import PLATFORM, KeyScope
from agentsentinel.composition import build_platform
from agentsentinel.config import Settings, async_database_url
from agentsentinel.keys.service import NewKey, create_key
from agentsentinel.kit.ids import now
from server.support import SECRET, Server, assert_refused, new_database


def test_the_settings_are_told_without_any_secret(server: Server) -> None:
    answer = server.api.get("settings")
    assert answer.json()["posture_ruleset"] == "all"
    assert (answer.json()["is_slack_configured"], answer.json()["is_database_embedded"]) == (False, False)
    assert SECRET not in answer.text
    assert "postgresql" not in answer.text
    assert_refused(server.api.post("settings/slack-test"), 409)


WEBHOOK = "https://hooks.slack.com/services/T0/B0/secret-part"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (lambda _: httpx2.Response(200, text="ok"), (True, "Slack accepted the message")),
        (lambda _: httpx2.Response(404, text="no_service"), (False, "Slack answered 404")),
        (lambda _: httpx2.Response(302, headers={"Location": "http://127.0.0.1/"}), (False, "Slack answered 302")),
    ],
)
def test_the_slack_test_tells_what_slack_answered(
    postgres_dsn: str, reply: Callable[[httpx2.Request], httpx2.Response], told: tuple[bool, str]
) -> None:
    url = async_database_url(new_database(postgres_dsn))

    async def ask() -> dict[str, Any]:
        platform = build_platform(Settings(slack_webhook_url=WEBHOOK), url, SECRET.encode())
        slack = SlackWebhook(WEBHOOK, httpx2.MockTransport(reply))
        app = create_app(replace(platform, outbox=Outbox(platform.database, [slack])))
        async with platform.database.transaction() as session:
            made = await create_key(session, SECRET.encode(), NewKey("k", KeyScope.ADMIN), now(), PLATFORM)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://x", headers={"X-API-Key": made.text}
        ) as client:
            answer = await client.post("/api/v1/settings/slack-test")
        await platform.database.close()
        assert "secret-part" not in answer.text
        outcome: dict[str, Any] = answer.json()
        return outcome

    outcome = asyncio.run(ask())
    assert (outcome["is_delivered"], outcome["detail"]) == told

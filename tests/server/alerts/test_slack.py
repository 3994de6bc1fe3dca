"""Slack: what a message may hold, and which addresses a webhook may have."""

import pytest

from agentsentinel.alerts.slack import SlackWebhook
from agentsentinel.config import check_slack_url
from server.alerts.support import EXFILTRATION, NOW, WEBHOOK, FakeSlack, Platform, play


def test_the_name_of_an_agent_cannot_become_a_link_or_a_mention(dsn: str) -> None:
    slack_ = FakeSlack()

    async def scene(platform: Platform) -> None:
        await platform.grant(await platform.register("<!channel> <https://evil.example|x> &amp;"), EXFILTRATION)
        await platform.send_due(NOW)

    play(dsn, slack_, scene)
    assert "<" not in slack_.texts[0]
    assert "&lt;!channel&gt;" in slack_.texts[0]
    assert "&amp;amp;" in slack_.texts[0]


@pytest.mark.parametrize("url", [WEBHOOK, "https://hooks.slack.com/", "https://hooks.slack.com/services/a?b=c"])
def test_slacks_own_addresses_are_taken(url: str) -> None:
    check_slack_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/services/a",
        "//hooks.slack.com/services/a",
        "http://hooks.slack.com/services/a",
        "ftp://hooks.slack.com/services/a",
        "https://slack.com/services/a",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com.evil.example/",
        "https://x.hooks.slack.com/",
        "https://evilhooks.slack.com/",
        "https://hooks.slack.com:8443/",
        "https://hooks.slack.com:443/",
        "https://user@hooks.slack.com/",
        "https://user:password@hooks.slack.com/",
        "https://hooks.slack.com@evil.example/",
        "https://hooks.slack.com\\@evil.example/",
        "https://hooks.slack.com%2eevil.example/",
        "https://hooks.slack.com./",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https:///services/a",
        "https:hooks.slack.com",
        "https://hooks\u3002slack.com/",
        "https://ｈooks.slack.com/",
        " https://evil.example/ https://hooks.slack.com/",
    ],
)
def test_no_other_address_is_taken_for_slack(url: str) -> None:
    with pytest.raises(ValueError, match=r"SLACK_WEBHOOK_URL|NFKC|netloc"):
        check_slack_url(url)
    with pytest.raises(ValueError, match=r"SLACK_WEBHOOK_URL|NFKC|netloc"):
        SlackWebhook(url)

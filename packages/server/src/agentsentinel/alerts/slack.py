"""Client of a Slack incoming webhook: https on hooks.slack.com only, no redirects, a timeout of 5 seconds."""

import asyncio

import httpx2

from agentsentinel.config import check_slack_url

TIMEOUT_SECONDS = 5.0


class SlackError(Exception):
    """Slack did not accept the message. `retry_after` is Slack's Retry-After in seconds, or None."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SlackWebhook:
    """Sends texts to one webhook. Its address is a secret and appears in no message."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        check_slack_url(url)
        self._url = url
        self._transport = transport

    async def send(self, text: str) -> None:
        """Deliver one message. Raises SlackError."""
        check_slack_url(self._url)
        try:
            async with (
                asyncio.timeout(TIMEOUT_SECONDS),
                httpx2.AsyncClient(
                    timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, transport=self._transport
                ) as client,
            ):
                response = await client.post(self._url, json={"text": text})
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            raise SlackError(f"Slack cannot be reached: {type(error).__name__}") from None
        if response.status_code != httpx2.codes.OK:
            raise SlackError(f"Slack answered {response.status_code}", _retry_after(response))


def _retry_after(response: httpx2.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() else None

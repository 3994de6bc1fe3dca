"""The outbox: alerts are sent one by one, retried with exponential backoff, and given up after `MAX_ATTEMPTS`."""

import time
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from agentsentinel.alerts.slack import SlackError, SlackWebhook
from agentsentinel.kit.database import Database
from agentsentinel.models import AlertRow

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=4)
CLAIM = timedelta(minutes=1)
"""How long a claimed alert is reserved for one process; if that process dies meanwhile, the alert is sent again."""


class Outbox:
    """Sends due alerts to Slack, and records the results."""

    def __init__(self, database: Database, slack: SlackWebhook) -> None:
        self._database = database
        self._slack = slack

    async def send_due(self, now: datetime) -> int:
        """Send every alert that is due; return how many were sent. Failures are recorded and retried later."""
        sent, started = 0, time.monotonic()
        while (alert := await self._claim(now)) is not None:
            sent += await self._send(alert, now)
            # The clock advances with each send, so that the next claim is not expired already if Slack is slow.
            now += timedelta(seconds=time.monotonic() - started)
            started = time.monotonic()
        return sent

    async def send_now(self, text: str) -> None:
        """Send one message at once, bypassing the queue. Raises SlackError."""
        await self._slack.send(text)

    async def _claim(self, now: datetime) -> AlertRow | None:
        async with self._database.transaction() as session:
            query = (
                select(AlertRow)
                .where(AlertRow.next_attempt_at <= now)
                .order_by(AlertRow.next_attempt_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            alert = (await session.execute(query)).scalar_one_or_none()
            if alert is not None:
                alert.attempts += 1
                alert.next_attempt_at = now + CLAIM
            return alert

    async def _send(self, alert: AlertRow, now: datetime) -> bool:
        try:
            await self._slack.send(alert.text)
        except SlackError as error:
            await self._record_attempt(alert, now, error)
            return False
        await self._record_attempt(alert, now, None)
        log.info("alert_sent", alert_id=str(alert.id))
        return True

    async def _record_attempt(self, alert: AlertRow, now: datetime, error: SlackError | None) -> None:
        async with self._database.transaction() as session:
            row = await session.get(AlertRow, alert.id)
            if row is None:
                return
            if error is None:
                row.sent_at, row.next_attempt_at, row.last_error = now, None, None
                return
            row.last_error = str(error)
            is_given_up = row.attempts >= MAX_ATTEMPTS
            row.next_attempt_at = None if is_given_up else now + _pause(row.attempts, error.retry_after)
            log.warning("alert_failed", alert_id=str(row.id), error=str(error), given_up=is_given_up)


def _pause(attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return max(timedelta(seconds=retry_after), FIRST_PAUSE)
    return min(FIRST_PAUSE * float(2 ** (attempts - 1)), LONGEST_PAUSE)

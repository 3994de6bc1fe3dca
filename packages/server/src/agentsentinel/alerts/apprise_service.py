"""Services that the library Apprise knows: Teams, PagerDuty, mail and a hundred others, each by its own URL.

The library is an optional extra of the package, `agentsentinel[apprise]`. It blocks, so each service has a thread.
"""

import asyncio
import logging
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from agentsentinel.alerts.destination import DeliveryError, is_alert
from agentsentinel.alerts.event import Activity, FindingEvent
from agentsentinel.config import ConfigError
from agentsentinel_core.findings import Severity

TIMEOUT_SECONDS = 20.0
"""Longest time of one message. The library's own timeouts are 4 s for connecting and for each answer."""
_STATUS = re.compile(r"\berror=(\d{3})\b")
"""How the library logs the status that a service answered. Nothing else of its log is used: it may hold secrets."""


def apprise_services(urls: Sequence[str], lowest: Severity) -> "list[AppriseService]":
    """Build one destination for each URL. Raises ConfigError, which names a URL by its place and never shows it."""
    if not urls:
        return []
    try:
        import apprise  # an optional extra, of 9 MB
    except ImportError:
        raise ConfigError(
            'ALERT_APPRISE_URLS needs Apprise; pip install --find-links dist "agentsentinel[apprise]"'
        ) from None
    _silence_library()
    asset = apprise.AppriseAsset(http_redirects=False)
    services = []
    for place, url in enumerate(urls, start=1):
        notifier = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if notifier is None:
            raise ConfigError(f"ALERT_APPRISE_URLS: Apprise does not understand URL {place} of {len(urls)}")
        services.append(AppriseService(place, notifier, lowest))
    return services


class AppriseService:
    """Sends alerts to one service. Its URL is a secret and appears in no message."""

    takes_routes = True

    def __init__(self, place: int, notifier: Any, lowest: Severity) -> None:  # a plug-in of Apprise
        self.name = f"apprise-{place}"
        self.target = str(notifier.service_name)
        self._notifier = notifier
        self._lowest = lowest
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self.name)
        self._is_busy = False

    def wants(self, event: FindingEvent) -> bool:
        """Whether a finding of at least the lowest severity has just opened."""
        return is_alert(event, self._lowest)

    async def send(self, event: FindingEvent, now: datetime) -> str:
        """Notify the service. Raises DeliveryError, also while an earlier message that timed out has not ended."""
        if self._is_busy:
            raise DeliveryError("the service has not answered an earlier message yet")
        self._is_busy = True
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._notify, event)
        running.add_done_callback(self._end)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                is_accepted, status = await asyncio.shield(running)
        except TimeoutError:
            raise DeliveryError("the service timed out") from None
        if not is_accepted:
            raise DeliveryError(f"the service answered {status}" if status else "the service cannot be reached")
        return "accepted"

    def _end(self, running: "asyncio.Future[tuple[bool, str]]") -> None:
        self._is_busy = False
        if not running.cancelled():
            running.exception()  # was raised to the sender, or comes after its timeout

    def _notify(self, event: FindingEvent) -> tuple[bool, str]:
        with _LoggedStatus() as logged:
            title, body = apprise_text(event)
            try:
                is_accepted = bool(self._notifier.notify(title=title, body=body, notify_type=_TYPES[event.activity]))
            except Exception:  # plug-ins raise what they like, with the URL in the message
                is_accepted = False
        return is_accepted, logged.status


_TYPES = dict.fromkeys(Activity, "failure") | {Activity.TEST: "info", Activity.RESOLVED: "success"}
"""Apprise's type of a message, which services show as a colour or icon."""


def apprise_text(event: FindingEvent) -> tuple[str, str]:
    """Return title and body of the message, as plain text."""
    finding = event.finding
    if event.activity is Activity.TEST:
        return "AgentSentinel: test", finding.message
    title = f"{finding.severity.value} finding on agent {event.agent.name}: {finding.rule_id}"
    return title, "\n".join(part for part in (finding.message, finding.detail, finding.remediation) if part)


class _LoggedStatus(logging.Handler):
    """Collects the status that the library logs in this thread, which it returns in no other way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.status = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the status of a record, if it has one; other threads write to the same logger."""
        found = _STATUS.search(record.getMessage())
        if found is not None and record.thread == threading.get_ident():
            self.status = found.group(1)

    def __enter__(self) -> "_LoggedStatus":
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def _silence_library() -> None:
    """Keep the library's log out of ours: it holds URLs, and the outbox logs each failure itself."""
    library = logging.getLogger("apprise")
    library.propagate = False
    library.setLevel(logging.WARNING)
    library.addHandler(logging.NullHandler())
    logging.getLogger("urllib3").setLevel(logging.WARNING)  # its debug log holds the paths of webhooks

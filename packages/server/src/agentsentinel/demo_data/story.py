"""History of the demo agent: a quiet week, a grant that should not have been given, and a recent hijacking.

In the hijacking, a web page that the agent fetched instructs it to send customer data out by e-mail. All times are
relative to the moment of loading, so that the same moment gives the same history.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from agentsentinel.agents.schemas import AgentIn, GrantIn

AGENT = AgentIn(
    name="demo-support-agent",
    agent_type="llm_agent",
    model="scripted",
    owner_team="AgentSentinel demo",
    description="Read-only assistant: answers questions about orders from the shop's records and the manual.",
)
QUIET_DAYS = 7
RUN_HOURS = (9, 7, 5, 3)
"""Hours before the end of a day at which each run begins; far enough apart that no clock hour has two runs."""
ROUTINE = ("search_orders", "get_customer", "search_docs", "get_customer", "fetch_webpage")
"""The tool calls of one run, in order."""
SEND_GRANTED_DAYS = 2
"""How many days ago the agent was granted `send_email`."""
HIJACKED = timedelta(minutes=24)
"""How long ago the hijacking began."""
STOLEN_CUSTOMERS = 40
STOLEN_MAILS = 3


@dataclass(frozen=True)
class Call:
    """One tool call of the demo agent."""

    tool_name: str
    session_id: str
    at: datetime
    duration_ms: int
    status: Literal["ok", "error"] = "ok"

    @property
    def input_hash(self) -> str:
        """Digest of an input that does not exist, derived from the call itself."""
        return _digest("input", self)

    @property
    def output_hash(self) -> str:
        """Digest of an output that does not exist, derived from the call itself."""
        return _digest("output", self)


@dataclass(frozen=True)
class Chapter:
    """Grants and calls up to a moment at which the agent is scored."""

    until: datetime
    grants: tuple[GrantIn, ...] = ()
    calls: tuple[Call, ...] = ()


def chapters_until(moment: datetime) -> Iterator[Chapter]:
    """Yield the history as of this moment, oldest chapter first."""
    first_day = moment - timedelta(days=QUIET_DAYS)
    yield Chapter(begin(moment), tuple(GrantIn(tool_name=name, rate_limit_per_hour=60) for name in _tools()))
    for day in range(QUIET_DAYS):
        end = first_day + timedelta(days=day + 1) - timedelta(hours=1)
        yield Chapter(end, calls=tuple(_routine(end, day)))
        if QUIET_DAYS - day - 1 == SEND_GRANTED_DAYS:
            yield Chapter(end + timedelta(hours=2), (GrantIn(tool_name="send_email"),))
    yield Chapter(moment, calls=tuple(_hijacking(moment - HIJACKED)))


def begin(moment: datetime) -> datetime:
    """Return the time at which the demo agent was registered."""
    return moment - timedelta(days=QUIET_DAYS, hours=2)


def _tools() -> list[str]:
    return [*dict.fromkeys(ROUTINE), "delete_order"]


def _routine(end: datetime, day: int) -> Iterator[Call]:
    for run, hours in enumerate(RUN_HOURS):
        at = end - timedelta(hours=hours)
        for place, tool_name in enumerate(ROUTINE):
            is_lost = tool_name == "fetch_webpage" and (day + run) % 5 == 2
            duration = 90 + 37 * ((day * 5 + run * 3 + place * 7) % 11)
            yield Call(tool_name, f"chat-{day + 1}{run + 1}", at, duration, "error" if is_lost else "ok")
            at += timedelta(seconds=9 + 4 * place)


def _hijacking(at: datetime) -> Iterator[Call]:
    session = "chat-hijacked"
    yield Call("fetch_webpage", session, at, 412)
    for number in range(STOLEN_CUSTOMERS):
        yield Call("get_customer", session, at + timedelta(seconds=6 + 5 * number), 38 + number % 7)
    for number in range(STOLEN_MAILS):
        yield Call("send_email", session, at + timedelta(seconds=220 + 12 * number), 640)


def _digest(side: str, call: Call) -> str:
    return hashlib.sha256(f"{side} {call.tool_name} {call.session_id} {call.at.isoformat()}".encode()).hexdigest()

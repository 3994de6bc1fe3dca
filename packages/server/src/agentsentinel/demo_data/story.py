"""What happened to the demo agent: a quiet week, a grant that should not have been, and an hour ago a hijacking.

A page a customer's agent fetched told it to mail the customers away. Everything here is data relative to the moment it
is told, so that the same moment gives the same story.
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
"""How many hours before its day's end each run of a day begins: apart enough that no hour sees two of them."""
ROUTINE = ("search_orders", "get_customer", "search_docs", "get_customer", "fetch_webpage")
"""The calls of one run, in their order."""
SEND_GRANTED_DAYS = 2
"""How many days ago it was allowed to send e-mail."""
HIJACKED = timedelta(minutes=24)
"""How long ago."""
STOLEN_CUSTOMERS = 40
STOLEN_MAILS = 3


@dataclass(frozen=True)
class Call:
    """One tool call."""

    tool_name: str
    session_id: str
    at: datetime
    duration_ms: int
    status: Literal["ok", "error"] = "ok"

    @property
    def input_hash(self) -> str:
        """The digest of an input nobody ever had."""
        return _digest("input", self)

    @property
    def output_hash(self) -> str:
        """The digest of an output nobody ever had."""
        return _digest("output", self)


@dataclass(frozen=True)
class Chapter:
    """What happened until a moment, when the agent is scored."""

    until: datetime
    grants: tuple[GrantIn, ...] = ()
    calls: tuple[Call, ...] = ()


def tell(moment: datetime) -> Iterator[Chapter]:
    """The story as of this moment, oldest chapter first."""
    first_day = moment - timedelta(days=QUIET_DAYS)
    yield Chapter(begin(moment), tuple(GrantIn(tool_name=name, rate_limit_per_hour=60) for name in _tools()))
    for day in range(QUIET_DAYS):
        end = first_day + timedelta(days=day + 1) - timedelta(hours=1)
        yield Chapter(end, calls=tuple(_routine(end, day)))
        if QUIET_DAYS - day - 1 == SEND_GRANTED_DAYS:
            yield Chapter(end + timedelta(hours=2), (GrantIn(tool_name="send_email"),))
    yield Chapter(moment, calls=tuple(_hijacking(moment - HIJACKED)))


def begin(moment: datetime) -> datetime:
    """When the agent was registered."""
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

"""Judges events as they come in: repeated or new, how unusual, and what they add to the counters.

Judging never awaits, so that an event joins the group whose counters it was judged against.
"""

import time
from collections.abc import Sequence
from itertools import repeat
from uuid import UUID

import msgspec

from agentsentinel.ingest.counter_cache import CachedAgent, CounterCache
from agentsentinel.ingest.deduplication import (
    CHANNELS,
    TRACKED,
    CallWindow,
    Key,
    TrackedCall,
    dedup_keys,
    has_dedup_key,
    is_ready,
)
from agentsentinel.ingest.event import EventReport, Refused, Stored
from agentsentinel.ingest.event_store import First
from agentsentinel.ingest.feed import Feed, StoredEvent
from agentsentinel.ingest.group import Answer, Group, Request
from agentsentinel.kit.ids import uuid7
from agentsentinel_core.behavior.detector import Detector

UNKNOWN_AGENT = Refused(404, "There is no agent with this agent_id: register it with POST /api/v1/agents")
FOREIGN_EVENT_ID = Refused(409, "event_id: already used by an event of another agent")


class Judge:
    """Judges the events of requests into the open group, on top of the group that is being stored."""

    def __init__(self, counter_cache: CounterCache, feed: Feed, detectors: Sequence[Detector]) -> None:
        self._counter_cache = counter_cache
        self._feed = feed
        self._detectors = detectors
        self._clock_us = 0
        self.calls = CallWindow()
        self.group = Group()
        """The open group, which judged requests join."""
        self.under_way: Group | None = None
        """The group that is being stored; its events count as known, although it may still fail."""

    def close_group(self) -> Group:
        """Open another group, and return the one that is to be stored now."""
        self.under_way, self.group = self.group, Group()
        return self.under_way

    def agents_under_way(self) -> set[UUID]:
        """Return the agents with events in the open group or in the one that is being stored."""
        groups = [group for group in (self.group, self.under_way) if group is not None]
        return {agent_id for group in groups for agent_id in group.commit.agent_ids}

    def discard_open(self) -> list[Request]:
        """Empty the open group, since the one below it failed; return its requests."""
        requests, self.group = self.group.requests, Group()
        return requests

    def judge(self, request: Request, repeats: dict[int, First], unknown: set[UUID]) -> bool:
        """Judge a request's events and add them to the open group; return False when some counters are not loaded.

        `repeats` are first answers to events that are stored already, by id; `unknown` are agents that do not exist.
        """
        find, agents = self._counter_cache.find, []
        for report in request.reports:
            agent = find(report.agent_id, report.tool_name)
            if agent is None:
                if report.agent_id not in unknown:
                    return False
            elif has_dedup_key(report) and not is_ready(agent, report):
                return False
            agents.append(agent)
        request.answers = list(map(self._judge_one, request.reports, agents, repeat(repeats)))
        self.group.requests.append(request)
        return True

    def _judge_one(self, report: EventReport, agent: CachedAgent | None, repeats: dict[int, First]) -> Answer:
        group = self.group
        if report.event_id is not None:
            first = repeats.get(report.event_id.int) or self._find_pending(report.event_id.int)
            if first is not None:
                return self._repeat(first, report.agent_id)
        if agent is None:
            return UNKNOWN_AGENT
        keys = dedup_keys(report) if agent.channels & TRACKED and has_dedup_key(report) else ()
        if keys:
            repeated = self._find_repeated(report, agent, keys)
            if repeated is not None:
                return repeated
        received_at = self._next_time()
        at = received_at if report.timestamp is None else min(received_at, report.timestamp.timestamp())
        counted_as = agent.counted_as(report.tool_name)
        assessment, tool = agent.usage.observe(counted_as, at, report.session_id, self._detectors)
        event_id = report.event_id or uuid7(at)
        timestamp, reasons = group.commit.add(report, event_id, at, received_at, agent, counted_as, tool, assessment)
        answer = Stored(event_id=event_id, anomaly_score=assessment.anomaly_score, reasons=reasons, timestamp=timestamp)
        if report.event_id is not None:
            group.firsts[event_id.int] = (report.agent_id, answer)
        if keys:
            call = TrackedCall.of(report, answer)
            group.commit.add_calls(self.calls.record(keys, agent, call, CHANNELS[report.channel]))
        if self._feed.has_listeners:
            group.news.append(StoredEvent(report.agent_id, agent.name, report, answer))
        return answer

    def _find_repeated(self, report: EventReport, agent: CachedAgent, keys: Sequence[Key]) -> Answer | None:
        """Return the answer for a report of a call that another channel has reported already, else None."""
        at = time.time() if report.timestamp is None else report.timestamp.timestamp()
        call = self.calls.match(report, keys, agent, at)
        if call is None:
            return None
        commit = self.group.commit
        commit.add_calls(self.calls.record(keys, agent, call, CHANNELS[report.channel]))
        first = (report.agent_id, call.answer)
        if report.event_id is not None:
            commit.add_repeat(report.event_id, call.answer)
            self.group.firsts[report.event_id.int] = first
        return self._repeat(first, report.agent_id)

    def _repeat(self, first: First, agent_id: UUID) -> Answer:
        owner, answer = first
        if owner != agent_id:
            return FOREIGN_EVENT_ID
        self.group.repeats += 1
        return msgspec.structs.replace(answer, duplicate=True)

    def _find_pending(self, event_id: int) -> First | None:
        first = self.group.firsts.get(event_id)
        if first is None and self.under_way is not None:
            first = self.under_way.firsts.get(event_id)
        return first

    def _next_time(self) -> float:
        """Return the receipt time of the next event: the clock's, but at least 1 microsecond after the previous one."""
        self._clock_us = max(time.time_ns() // 1000, self._clock_us + 1)
        return self._clock_us / 1_000_000

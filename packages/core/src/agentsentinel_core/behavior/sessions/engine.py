"""The engine of session risk: how unlike its agent's and its peers' normal work a session is so far, at every call.

State changes with the calls alone, in their order; no clock is read. What a session teaches, it teaches late: seven
days after it ended, and only if its risk stayed below the alert line. An attack that is noticed within a week has
taught nothing, and neither has a campaign that began in it. Calls from before an agent is monitored (`is_trusted`)
teach when their session ends.
"""

from collections import deque
from typing import NamedTuple

from agentsentinel_core.behavior.sessions.combination import Constants, risk_of
from agentsentinel_core.behavior.sessions.cutter import SessionCutter
from agentsentinel_core.behavior.sessions.detector import Known
from agentsentinel_core.behavior.sessions.ranks import Histogram, rank_bits
from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import Profile, RecentSessions

LEARNING_DELAY_SECONDS = 7 * 86_400.0
MAX_PENDING = 512
"""Sessions of one agent that wait to be learned. Further ones are not learned: a flood teaches nothing faster."""


class _Waiting(NamedTuple):
    ended_at: float
    session: Session


class _Agent:
    """State of one agent: its profile, its open sessions and those that are still to be learned."""

    __slots__ = ("cutter", "kind", "open", "pending", "profile", "ranks", "recent")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.cutter = SessionCutter()
        self.open: dict[int, Session] = {}
        self.profile = Profile()
        self.recent = RecentSessions()
        self.ranks = [Histogram() for _ in SESSION_DETECTORS]
        self.pending: deque[_Waiting] = deque()


class RiskEngine:
    """Judges the calls of many agents. O(1) for each call; state is bounded for each agent."""

    def __init__(self, constants: Constants) -> None:
        self._constants = constants
        self._agents: dict[str, _Agent] = {}
        self._peers: dict[str, Profile] = {}
        self._fleet = [Histogram() for _ in SESSION_DETECTORS]
        self._grants: dict[str, set[str]] = {}

    def grant(self, agent: str, tool: str) -> None:
        """Add a tool to the grants of an agent."""
        self._grants.setdefault(agent, set()).add(tool)

    def is_granted(self, agent: str, tool: str) -> bool:
        """Return whether an agent may use a tool, as far as is known: True for an agent without any grants."""
        grants = self._grants.get(agent)
        return grants is None or tool in grants

    def observe(
        self, name: str, kind: str, session_id: str | None, call: Call, *, is_trusted: bool = False
    ) -> tuple[float, list[float]]:
        """Judge one call; return the risk of its session so far, in 0..1, and the features that it comes from."""
        agent = self._agents.get(name)
        if agent is None:
            agent = self._agents[name] = _Agent(kind)
        peers = self._peers.setdefault(agent.kind, Profile())
        cut = agent.cutter.cut(session_id, call.at)
        for number in cut.ended:
            self._finish(agent, agent.open.pop(number), is_trusted=is_trusted)
        self._learn_pending(agent, call.at)
        session = agent.open.get(cut.session)
        if session is None:
            session = agent.open[cut.session] = Session(call.at, len(SESSION_DETECTORS))
        known = Known(agent.profile, peers, agent.recent, len(self._grants.get(name, ())))
        features = self._measure(agent, session, call, known)
        session.risk = max(session.risk, risk_of(self._constants.hazard(features)))
        session.add(call)
        return session.risk, features

    def _measure(self, agent: _Agent, session: Session, call: Call, known: Known) -> list[float]:
        for index, detector in enumerate(SESSION_DETECTORS):
            strength = detector.measure(call, session, known)
            if strength > session.maxima[index] or not session.calls:
                session.maxima[index] = strength
                session.ranks[index] = rank_bits(strength, agent.ranks[index], self._fleet[index])
        return session.maxima + session.ranks

    def _finish(self, agent: _Agent, session: Session, *, is_trusted: bool) -> None:
        agent.recent.add(session)
        if is_trusted:
            self._learn(agent, session)
        elif session.risk < self._constants.alert_risk and len(agent.pending) < MAX_PENDING:
            agent.pending.append(_Waiting(session.calls[-1].at, session))

    def _learn_pending(self, agent: _Agent, at: float) -> None:
        while agent.pending and at - agent.pending[0].ended_at >= LEARNING_DELAY_SECONDS:
            self._learn(agent, agent.pending.popleft().session)

    def _learn(self, agent: _Agent, session: Session) -> None:
        agent.profile.learn(session)
        self._peers[agent.kind].learn(session)
        for index, strength in enumerate(session.maxima):
            agent.ranks[index].add(strength)
            self._fleet[index].add(strength)

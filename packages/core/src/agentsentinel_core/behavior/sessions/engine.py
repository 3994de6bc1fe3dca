"""The engine of session risk: how unlike its agent's and its peers' normal work a session is so far, at every call.

State changes with the calls alone, in their order; no clock is read. What a session teaches, it teaches late: seven
days after it ended, and only if its risk stayed below the alert line. An attack that is noticed within a week has
taught nothing, and neither has a campaign that began in it. Only the first sessions of a new agent teach whatever their
risk, a week after they ended, unless they used a tool that was not granted. Calls from before an agent is monitored
(`is_trusted`) teach when their session ends.
"""

from collections import deque
from typing import NamedTuple

from agentsentinel_core.behavior.sessions.combination import Constants, risk_of
from agentsentinel_core.behavior.sessions.cutter import SessionCutter
from agentsentinel_core.behavior.sessions.detector import Known
from agentsentinel_core.behavior.sessions.ranks import Histogram, rank_bits
from agentsentinel_core.behavior.sessions.reasons import top_reasons
from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from agentsentinel_core.behavior.sessions.session import Call, Session, Verdict
from agentsentinel_core.behavior.sessions.work_profile import Profile, RecentSessions

LEARNING_DELAY_SECONDS = 7 * 86_400.0
MAX_PENDING, MAX_PENDING_CALLS = 512, 4_096
"""Sessions of one agent that wait to be learned, and calls of all of these. Further ones are not learned: a flood
teaches nothing faster."""
LEAST_SESSIONS = 5
"""Learned sessions below which an agent's sessions teach whatever their risk: how its work differs from that of all
others, its pace above all, is not known yet, and an agent that never falls below the line would never be learned."""


class Waiting(NamedTuple):
    """A finished session that is still to be learned."""

    ended_at: float
    session: Session


class AgentState:
    """State of one agent: its profile, its open sessions and those that are still to be learned."""

    __slots__ = ("changes", "cutter", "kind", "open", "pending", "profile", "ranks", "recent")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.changes = 0
        """Counts changes of anything but the cutter and the open sessions."""
        self.cutter = SessionCutter()
        self.open: dict[int, Session] = {}
        self.profile = Profile()
        self.recent = RecentSessions()
        self.ranks = [Histogram() for _ in SESSION_DETECTORS]
        self.pending: deque[Waiting] = deque()

    def has_room_for(self, session: Session) -> bool:
        """Return whether one more session may wait to be learned."""
        calls = sum(len(one.session.calls) for one in self.pending)
        return len(self.pending) < MAX_PENDING and calls + len(session.calls) <= MAX_PENDING_CALLS


class Judged(NamedTuple):
    """What the engine says about one call."""

    session: Session
    """Session of the call, with the call."""
    features: list[float]
    """Values of FEATURES that its risk comes from, or would come from without an earlier, higher one."""
    ended: list[Session]
    """Sessions that ended before the call."""


class RiskEngine:
    """Judges the calls of many agents. O(1) for each call; state is bounded for each agent."""

    def __init__(self, constants: Constants, *, explains: bool = False) -> None:
        """`explains` says whether sessions get the reasons of their risk, which costs some time."""
        self._constants = constants
        self._explains = explains
        self.agents: dict[str, AgentState] = {}
        """States by name; `state.py` makes them storable."""
        self.peers: dict[str, Profile] = {}
        """What is normal for agents of each kind."""
        self.fleet = [Histogram() for _ in SESSION_DETECTORS]
        """Strengths of the sessions of all agents, by detector."""
        self.grants: dict[str, set[str]] = {}
        self.learned = 0
        """Counts the sessions that peers and fleet learned from."""

    def grant(self, agent: str, tool: str) -> None:
        """Add a tool to the grants of an agent."""
        self.grants.setdefault(agent, set()).add(tool)

    def is_granted(self, agent: str, tool: str) -> bool:
        """Return whether an agent may use a tool, as far as is known: True for an agent without any grants."""
        grants = self.grants.get(agent)
        return grants is None or tool in grants

    def observe(
        self, name: str, kind: str, session_id: str | None, call: Call, *, is_trusted: bool = False
    ) -> tuple[float, list[float]]:
        """Judge one call; return the risk of its session so far, in 0..1, and the features that it comes from."""
        judged = self.judge(name, kind, session_id, call, is_trusted=is_trusted)
        return judged.session.risk, judged.features

    def judge(self, name: str, kind: str, session_id: str | None, call: Call, *, is_trusted: bool = False) -> Judged:
        """Judge one call; return its session, with the risk so far, and the sessions that ended before it."""
        agent = self.agents.get(name)
        if agent is None:
            agent = self.agents[name] = AgentState(kind)
        peers = self._peers(agent.kind)
        cut = agent.cutter.cut(session_id, call.at)
        ended = [agent.open.pop(number) for number in cut.ended]
        for finished in ended:
            self._finish(agent, finished, is_trusted=is_trusted)
        self._learn_pending(agent, call.at)
        session = agent.open.get(cut.session)
        if session is None:
            session = agent.open[cut.session] = Session(call.at, len(SESSION_DETECTORS), cut.session)
        known = Known(agent.profile, peers, agent.recent, len(self.grants.get(name, ())))
        is_stronger = self._measure(agent, session, call, known)
        features = session.maxima + session.ranks
        if is_stronger or not session.calls:
            risk = risk_of(self._constants.hazard(features))
            if risk > session.risk:
                session.risk = risk
                if self._explains:
                    session.reasons = top_reasons(self._constants, features, session.messages)
        session.add(call)
        return Judged(session, features, ended)

    def decide(self, name: str, session: Session, verdict: Verdict) -> None:
        """Apply a person's verdict on a session of an agent, open or finished; a finished one may be a copy."""
        agent = self.agents[name]
        agent.changes += 1
        running = agent.open.get(session.number)
        if running is not None:
            running.verdict = verdict
            return
        kept = [one for one in agent.pending if one.session.number != session.number]
        agent.pending = deque(kept)
        if verdict == "fine":
            self._learn(agent, session)

    def _peers(self, kind: str) -> Profile:
        peers = self.peers.get(kind)
        if peers is None:
            peers = self.peers[kind] = Profile()
        return peers

    def _measure(self, agent: AgentState, session: Session, call: Call, known: Known) -> bool:
        """Return whether any detector is stronger than before in this session."""
        is_stronger = False
        for index, detector in enumerate(SESSION_DETECTORS):
            strength = detector.measure(call, session, known)
            if strength > session.maxima[index]:
                session.maxima[index] = strength
                session.ranks[index] = rank_bits(strength, agent.ranks[index], self.fleet[index])
                if self._explains:
                    session.messages[detector.id] = detector.explain(call, session, known)
                is_stronger = True
        return is_stronger

    def _finish(self, agent: AgentState, session: Session, *, is_trusted: bool) -> None:
        agent.changes += 1
        agent.recent.add(session)
        if session.verdict == "attack":
            return
        if is_trusted or session.verdict == "fine":
            self._learn(agent, session)
        elif self._teaches(agent, session) and agent.has_room_for(session):
            agent.pending.append(Waiting(session.calls[-1].at, session.kept_for_learning()))

    def _teaches(self, agent: AgentState, session: Session) -> bool:
        is_young = agent.profile.sessions < LEAST_SESSIONS and all(call.is_granted for call in session.calls)
        return is_young or session.risk < self._constants.alert_risk

    def _learn_pending(self, agent: AgentState, at: float) -> None:
        while agent.pending and at - agent.pending[0].ended_at >= LEARNING_DELAY_SECONDS:
            self._learn(agent, agent.pending.popleft().session)

    def _learn(self, agent: AgentState, session: Session) -> None:
        agent.changes += 1
        self.learned += 1
        agent.profile.learn(session)
        self._peers(agent.kind).learn(session)
        for index, strength in enumerate(session.maxima):
            agent.ranks[index].add(strength)
            self.fleet[index].add(strength)

"""Storable form of what the engine knows: plain lists, numbers and texts, for JSON or the like.

Tokens are written once and referred to by number, since one token stands in hundreds of n-grams. The part of an agent
that changes with each call, its open sessions, is apart from the part that changes when a session ends. Unpacking what
was packed gives an engine that judges all further calls as before.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, TypeGuard

from agentsentinel_core.behavior.sessions.counts import Counts, Ngrams
from agentsentinel_core.behavior.sessions.engine import AgentState, Waiting
from agentsentinel_core.behavior.sessions.ranks import Histogram
from agentsentinel_core.behavior.sessions.reasons import RiskReason
from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from agentsentinel_core.behavior.sessions.session import Call, Session
from agentsentinel_core.behavior.sessions.work_profile import Profile, RecentSessions

Plain = dict[str, Any]

FORMAT = 1
"""Changes when a stored state could not be read any more; such a state is discarded, and the agent learns anew."""
IDS = [detector.id for detector in SESSION_DETECTORS]


class _Tokens:
    """Numbers of tokens."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, token: str) -> int:
        return self.numbers.setdefault(token, len(self.numbers))

    def of_all(self, tokens: Iterable[str]) -> list[int]:
        return [self.of(token) for token in tokens]


def pack_open(agent: AgentState) -> Plain:
    """Return the part of an agent's state that changes with each call."""
    tokens = _Tokens()
    sessions = [_pack_session(session, tokens) for session in agent.open.values()]
    return {**_header(tokens), "cutter": agent.cutter.pack(), "open": sessions}


def pack_learned(agent: AgentState) -> Plain:
    """Return the part of an agent's state that changes when a session ends or is learned."""
    tokens = _Tokens()
    return {
        "profile": _pack_profile(agent.profile, tokens),
        "recent": _pack_recent(agent.recent, tokens),
        "ranks": [histogram.pack() for histogram in agent.ranks],
        "pending": [[one.ended_at, _pack_session(one.session, tokens)] for one in agent.pending],
        **_header(tokens),
    }


def unpack_agent(kind: str, open_part: Plain | None, learned: Plain | None) -> AgentState:
    """Return the state of an agent; a part that is missing or of another format is empty."""
    agent = AgentState(kind)
    if is_readable(open_part):
        names = open_part["tokens"]
        agent.cutter.unpack(open_part["cutter"])
        sessions = [_unpack_session(one, names) for one in open_part["open"]]
        agent.open = {session.number: session for session in sessions}
    if is_readable(learned):
        names = learned["tokens"]
        agent.profile = _unpack_profile(learned["profile"], names)
        agent.recent = _unpack_recent(learned["recent"], names)
        agent.ranks = [Histogram.unpack(one) for one in learned["ranks"]]
        agent.pending = deque(Waiting(at, _unpack_session(one, names)) for at, one in learned["pending"])
    return agent


def pack_profile(profile: Profile) -> Plain:
    """Return the storable form of a profile, such as that of an agent's peers."""
    tokens = _Tokens()
    return {"profile": _pack_profile(profile, tokens), **_header(tokens)}


def unpack_profile(plain: Plain | None) -> Profile:
    """Return a profile; an empty one for what is missing or of another format."""
    return _unpack_profile(plain["profile"], plain["tokens"]) if is_readable(plain) else Profile()


def pack_fleet(fleet: list[Histogram]) -> Plain:
    """Return the storable form of the strengths of all sessions."""
    return {**_header(_Tokens()), "ranks": [histogram.pack() for histogram in fleet]}


def unpack_fleet(plain: Plain | None) -> list[Histogram]:
    """Return the strengths of all sessions; empty ones for what is missing or of another format."""
    if not is_readable(plain):
        return [Histogram() for _ in SESSION_DETECTORS]
    return [Histogram.unpack(one) for one in plain["ranks"]]


def pack_session(session: Session) -> Plain:
    """Return the storable form of one session."""
    tokens = _Tokens()
    return {"session": _pack_session(session, tokens), **_header(tokens)}


def unpack_session(plain: Plain | None) -> Session | None:
    """Return a session, or None for what is missing or of another format."""
    return _unpack_session(plain["session"], plain["tokens"]) if is_readable(plain) else None


def is_readable(plain: Plain | None) -> TypeGuard[Plain]:
    """Return whether a stored form is of this format and these detectors."""
    return plain is not None and plain.get("format") == FORMAT and plain.get("detectors") == IDS


def _header(tokens: _Tokens) -> Plain:
    return {"format": FORMAT, "detectors": IDS, "tokens": list(tokens.numbers)}


def _pack_counts(counts: Counts[Any], tokens: _Tokens) -> list[Any]:
    keys = [[tokens.of(key) if isinstance(key, str) else tokens.of_all(key), count] for key, count in counts.items()]
    return [counts.total, keys]


def _unpack_counts(plain: list[Any], names: list[str]) -> Counts[Any]:
    total, keys = plain
    return Counts.restore(
        {names[key] if isinstance(key, int) else tuple(names[one] for one in key): count for key, count in keys}, total
    )


def _pack_profile(profile: Profile, tokens: _Tokens) -> Plain:
    return {
        "sessions": profile.sessions,
        "ngrams": [[_pack_counts(counts, tokens) for counts in tables] for tables in profile.ngrams.tables],
        "windows": [[length, _pack_counts(counts, tokens)] for length, counts in profile.windows.items()],
        "prefixes": _pack_counts(profile.prefixes, tokens),
        "tool_sessions": _pack_counts(profile.tool_sessions, tokens),
        "pairs": _pack_counts(profile.pairs, tokens),
        "precedence": _pack_counts(profile.precedence, tokens),
        "gaps": list(profile.gaps),
        "hours": [list(hours) for hours in profile.hours],
    }


def _unpack_profile(plain: Plain, names: list[str]) -> Profile:
    profile = Profile()
    profile.sessions = plain["sessions"]
    profile.ngrams = Ngrams.restore([[_unpack_counts(one, names) for one in tables] for tables in plain["ngrams"]])
    profile.windows = {length: _unpack_counts(one, names) for length, one in plain["windows"]}
    profile.prefixes = _unpack_counts(plain["prefixes"], names)
    profile.tool_sessions = _unpack_counts(plain["tool_sessions"], names)
    profile.pairs = _unpack_counts(plain["pairs"], names)
    profile.precedence = _unpack_counts(plain["precedence"], names)
    profile.gaps, profile.hours = plain["gaps"], plain["hours"]
    return profile


def _pack_recent(recent: RecentSessions, tokens: _Tokens) -> Plain:
    return {
        "recent": [
            [[tokens.of_all(pair) for pair in transitions], tokens.of_all(tools)]
            for transitions, tools in recent.recent
        ],
        "sessions": recent.older_sessions,
        "transitions": _pack_counts(recent.older_transitions, tokens),
        "tools": _pack_counts(recent.older_tools, tokens),
    }


def _unpack_recent(plain: Plain, names: list[str]) -> RecentSessions:
    recent = RecentSessions()
    for transitions, tools in plain["recent"]:
        recent.append(
            frozenset((names[one], names[two]) for one, two in transitions), frozenset(names[one] for one in tools)
        )
    recent.older_sessions = plain["sessions"]
    recent.older_transitions = _unpack_counts(plain["transitions"], names)
    recent.older_tools = _unpack_counts(plain["tools"], names)
    return recent


def _pack_session(session: Session, tokens: _Tokens) -> Plain:
    return {
        "number": session.number,
        "started_at": session.started_at,
        "calls": [
            [tokens.of(call.token), call.at, call.argument, call.is_write, call.is_granted] for call in session.calls
        ],
        "totals": session.totals,
        "maxima": session.maxima,
        "ranks": session.ranks,
        "risk": session.risk,
        "messages": session.messages,
        "reasons": [list(reason) for reason in session.reasons],
        "verdict": session.verdict,
    }


def _unpack_session(plain: Plain, names: list[str]) -> Session:
    session = Session(plain["started_at"], len(SESSION_DETECTORS), plain["number"])
    for token, *others in plain["calls"]:
        session.add(Call(names[token], *others))
    session.totals.update(plain["totals"])
    session.maxima, session.ranks = list(plain["maxima"]), list(plain["ranks"])
    session.risk, session.verdict = plain["risk"], plain["verdict"]
    session.messages = dict(plain.get("messages", {}))  # older versions stored none
    session.reasons = [RiskReason(*reason) for reason in plain["reasons"]]
    return session

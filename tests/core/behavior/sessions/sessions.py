"""Sessions and profiles for the tests of session detectors."""

from agentsentinel_core.behavior.sessions.detector import Known, SessionDetector
from agentsentinel_core.behavior.sessions.session import Session, call_of
from agentsentinel_core.behavior.sessions.work_profile import Profile, RecentSessions

MONDAY_NOON = 1_772_452_800.0
"""2 March 2026, 12:00 UTC."""


def calls(tokens, start=MONDAY_NOON, gap=4.0, arguments=None):
    """Return calls of these tools, `gap` seconds apart; each has arguments of its own unless they are given."""
    arguments = arguments or [f"{n}" for n in range(len(tokens))]
    return [call_of(tool, start + n * gap, argument=arguments[n]) for n, tool in enumerate(tokens)]


def session(tokens, **options):
    """Return a finished session of these tools."""
    made = calls(tokens, **options)
    finished = Session(made[0].at, 0)
    for call in made:
        finished.add(call)
    return finished


def known(*sessions, peers=(), tools=0):
    """Return what is known after these sessions of the agent, and these of its peers besides."""
    own, kind, recent = Profile(), Profile(), RecentSessions()
    for one in sessions:
        own.learn(one)
        kind.learn(one)
        recent.add(one)
    for one in peers:
        kind.learn(one)
    return Known(own, kind, recent, tools)


def measure(detector: SessionDetector, made, what):
    """Return the strength of each call of a session."""
    running, strengths = Session(made[0].at, 0), []
    for call in made:
        strengths.append(detector.measure(call, running, what))
        running.add(call)
    return strengths

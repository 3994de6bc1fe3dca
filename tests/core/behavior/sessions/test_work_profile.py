"""Profiles of normal work, and what is recent beside what was before."""

import math

import pytest

from agentsentinel_core.behavior.sessions.work_profile import (
    RECENT_SESSIONS,
    Profile,
    RecentSessions,
    hour_of,
    is_weekend,
)
from core.behavior.sessions.sessions import MONDAY_NOON, session

DAY = 86_400


def test_hours_and_weekends_are_those_of_utc():
    assert hour_of(MONDAY_NOON) == 12
    assert [is_weekend(MONDAY_NOON + day * DAY) for day in range(7)] == [False] * 5 + [True] * 2


def test_sessions_around_an_hour_count_working_days_and_weekends_apart():
    profile = Profile()
    profile.learn(session(["read"]))
    assert profile.sessions_around(MONDAY_NOON + DAY) == 0.5
    assert profile.sessions_around(MONDAY_NOON + 3600) == 0.25
    assert profile.sessions_around(MONDAY_NOON + 5 * DAY) == 0


def test_the_usual_gap_is_learned():
    profile = Profile()
    assert profile.gap_distribution() == (pytest.approx(1.4), pytest.approx(1.0))
    for _ in range(200):
        profile.learn(session(["read"] * 10, gap=60.0))
    assert profile.gap_distribution()[0] == pytest.approx(math.log(60), abs=0.1)


def test_a_session_is_counted_once_for_each_tool_and_pair():
    profile = Profile()
    profile.learn(session(["get_file", "send_email", "get_file", "send_email"]))
    assert profile.tool_sessions["get_file"] == 1
    assert profile.pairs["get_file", "send_email"] == 1
    assert profile.prefixes["get_file", "send_email"] == 1
    assert profile.windows[2]["get_file", "send_email"] == 2
    assert profile.precedence["get_file", "send_email"] == 1
    assert profile.precedence["send_email", "get_file"] == 0


def test_the_oldest_recent_session_becomes_one_of_those_before():
    recent = RecentSessions()
    recent.add(session(["first"]))
    for _ in range(RECENT_SESSIONS):
        recent.add(session(["later"]))
    assert (len(recent), recent.older_sessions) == (RECENT_SESSIONS, 1)
    assert (recent.with_tool("first"), recent.older_tools["first"]) == (0, 1)
    assert recent.with_transition(("^", "later")) == RECENT_SESSIONS

"""Session detectors: distinct, and never below 0 or without an end."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS
from core.behavior.sessions.sessions import calls, known, measure, session

sequences = st.lists(st.sampled_from(["get_file", "send_email", "search_web", "delete_user"]), min_size=1, max_size=12)


def test_detectors_have_distinct_ids_and_titles():
    assert len({detector.id for detector in SESSION_DETECTORS}) == len(SESSION_DETECTORS)
    assert all(detector.title for detector in SESSION_DETECTORS)


@settings(max_examples=50, deadline=None)
@given(st.lists(sequences, max_size=12), sequences, st.floats(0, 400))
def test_strengths_are_finite_and_at_least_nought(history, current, gap):
    what = known(*[session(one) for one in history])
    for detector in SESSION_DETECTORS:
        assert all(0 <= strength < math.inf for strength in measure(detector, calls(current, gap=gap), what))

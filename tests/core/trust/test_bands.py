"""The four bands of the Trust Score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsentinel_core.trust.bands import TrustBand, trust_band


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100, "TRUSTED"),
        (80, "TRUSTED"),
        (79.99, "WATCH"),
        (60, "WATCH"),
        (59.99, "ALERT"),
        (40, "ALERT"),
        (39.99, "CRITICAL"),
        (0, "CRITICAL"),
    ],
)
def test_bands_are_continuous(score: float, band: str) -> None:
    assert trust_band(score) is TrustBand(band)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_better_score_is_never_in_a_worse_band(one, other):
    order = list(TrustBand)
    low, high = sorted((one, other))
    assert order.index(trust_band(high)) <= order.index(trust_band(low))

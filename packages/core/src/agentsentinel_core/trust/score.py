"""Trust Score = 0.45 * posture + 0.45 * behaviour + recency points (specification)."""

from agentsentinel_core.light_dataclasses import dataclass
from agentsentinel_core.trust.bands import TrustBand, trust_band

POSTURE_WEIGHT = 0.45
BEHAVIOR_WEIGHT = 0.45
RECENCY_POINTS = 10.0
RECENCY_EVENTS = 5
"""Events received in the last hour that are needed for the recency points; one sporadic event is not enough."""
RECENCY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class TrustScore:
    """Trust Score of one agent with its parts, all 0..100 with two decimals, higher is safer."""

    trust: float
    posture: float
    behavior: float
    recency_bonus: float
    """Recency points, 0 or 10, already weighted."""
    band: TrustBand


def recency_bonus(events_last_hour: int) -> float:
    """Return 10 points for five or more events received in the last hour, else 0."""
    return RECENCY_POINTS if events_last_hour >= RECENCY_EVENTS else 0.0


def trust_score(posture: float, behavior: float, recency: float) -> TrustScore:
    """Combine the parts of a Trust Score. Rounded before banding, because plain floats give 46.75000000000002."""
    trust = round(min(100.0, max(0.0, POSTURE_WEIGHT * posture + BEHAVIOR_WEIGHT * behavior + recency)), 2)
    return TrustScore(trust, posture, behavior, recency, trust_band(trust))

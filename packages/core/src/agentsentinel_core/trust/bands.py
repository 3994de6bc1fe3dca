"""The four bands of the Trust Score. Limits are continuous: 79.99 is WATCH, 80 is TRUSTED."""

from enum import Enum


class TrustBand(str, Enum):
    """Band of a Trust Score; `status` on the wire."""

    TRUSTED = "TRUSTED"
    WATCH = "WATCH"
    ALERT = "ALERT"
    CRITICAL = "CRITICAL"


def trust_band(trust_score: float) -> TrustBand:
    """Return the band of a score in 0..100 (limits of the specification: 80, 60, 40)."""
    if trust_score >= 80:
        return TrustBand.TRUSTED
    if trust_score >= 60:
        return TrustBand.WATCH
    if trust_score >= 40:
        return TrustBand.ALERT
    return TrustBand.CRITICAL

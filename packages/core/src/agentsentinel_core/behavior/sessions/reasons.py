"""The reasons of session risk: which detectors contribute most, in plain words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentsentinel_core.behavior.sessions.combination import FEATURES, GRANT_FEATURE, RANK_SUFFIX, Constants

MOST_REASONS = 3
_INDEX = {name: index for index, name in enumerate(FEATURES)}


class RiskReason(NamedTuple):
    """One reason why a session is unlike normal work."""

    detector: str
    share: float
    """Part of the session's hazard, 0..1."""
    message: str


def top_reasons(constants: Constants, features: Sequence[float], messages: Mapping[str, str]) -> list[RiskReason]:
    """Return the detectors that contribute most to the risk of a session, highest first, at most MOST_REASONS.

    `messages` hold what each detector said of the call that was the strongest for it, by id. A mechanism is represented
    by one detector, the one that adds most to it.
    """
    total = constants.hazard(features)
    shares = {GRANT_FEATURE: constants.grant_hazard * features[_INDEX[GRANT_FEATURE]]}
    for mechanism in constants.mechanisms:
        added, feature = max((one.part(features), one.feature) for one in mechanism.weights)
        if added > 0:
            shares[feature.removesuffix(RANK_SUFFIX)] = mechanism.hazard(features)
    highest = sorted(shares.items(), key=lambda item: -item[1])[:MOST_REASONS]
    return [
        RiskReason(detector, round(hazard / total, 4), messages[detector])
        for detector, hazard in highest
        if hazard > 0 and detector in messages
    ]

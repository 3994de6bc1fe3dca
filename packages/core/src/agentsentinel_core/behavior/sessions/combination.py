"""The combination of all session detectors into one number, session risk.

Strengths are grouped into mechanisms, such as pace or order. Each mechanism has a hazard, softplus(bias + weights
times features), and hazards add up: the model is that of a noisy OR, in which one strong mechanism is enough and many
weak ones count together. A feature is the highest strength of a detector in the session, or the rank of that among
earlier sessions; it is centred and scaled by its values in normal work. Weights are 0 or more, so no strength ever
lowers the risk.

The weights are fitted by `python -m bench.fit_behavior` and shipped in `fitted.py`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agentsentinel_core.behavior.sessions.registry import SESSION_DETECTORS

RANK_SUFFIX = ":rank"
FEATURES: tuple[str, ...] = tuple(
    [detector.id for detector in SESSION_DETECTORS] + [detector.id + RANK_SUFFIX for detector in SESSION_DETECTORS]
)
"""Names of a session's features: the strengths of all detectors, then their ranks."""
LOWEST, HIGHEST = -3.0, 20.0
"""Range of a scaled feature; one outlier shall not outweigh all else."""


class Weight(NamedTuple):
    """Part of one feature in a mechanism."""

    feature: str
    mean: float
    """Mean in normal work."""
    deviation: float
    """Standard deviation in normal work, above 0."""
    weight: float
    """0 or more."""

    place: int
    """Place of the feature in FEATURES."""

    def part(self, features: Sequence[float]) -> float:
        """Return the weight times the feature, centred, scaled and limited."""
        scaled = (features[self.place] - self.mean) / self.deviation
        return self.weight * (LOWEST if scaled < LOWEST else min(scaled, HIGHEST))


class Mechanism(NamedTuple):
    """One way in which a session is unlike normal work."""

    name: str
    bias: float
    weights: tuple[Weight, ...]

    def hazard(self, features: Sequence[float]) -> float:
        """Return the hazard, 0 or more, of a session with these features, in the order of FEATURES."""
        total = self.bias
        # `Weight.part` without its call, which would take half of the time: this runs for most calls of all agents.
        for _, mean, deviation, weight, place in self.weights:
            scaled = (features[place] - mean) / deviation
            total += weight * (LOWEST if scaled < LOWEST else HIGHEST if scaled > HIGHEST else scaled)
        return softplus(total)


class Constants(NamedTuple):
    """All that is fitted or set."""

    mechanisms: tuple[Mechanism, ...]
    grant_hazard: float
    """Hazard of a tool that was not granted: the one hard fact among the detectors."""
    alert_risk: float
    """Risk above which a session does not teach what is normal, 0 to 1."""
    alert_lines: tuple[tuple[float, float], ...] = ()
    """Alert budgets (false alarms in 1,000 normal sessions) with the risk that this share reaches, in rising order."""

    def alert_line(self, budget: float) -> float:
        """Return the risk above which a session is an alarm, for an alert budget; the nearest beyond those measured."""
        if not self.alert_lines:
            return self.alert_risk
        lower = max((one for one in self.alert_lines if one[0] <= budget), default=self.alert_lines[0])
        upper = min((one for one in self.alert_lines if one[0] >= budget), default=self.alert_lines[-1])
        if upper[0] <= lower[0]:
            return lower[1]
        return lower[1] + (upper[1] - lower[1]) * (budget - lower[0]) / (upper[0] - lower[0])

    def hazard(self, features: Sequence[float]) -> float:
        """Return the sum of the hazards of all mechanisms, 0 or more."""
        total = self.grant_hazard * features[_INDEX[GRANT_FEATURE]]
        return total + math.fsum(mechanism.hazard(features) for mechanism in self.mechanisms)

    def contributions(self, features: Sequence[float]) -> dict[str, float]:
        """Return the hazard of each mechanism by its name, the highest first."""
        hazards = {mechanism.name: mechanism.hazard(features) for mechanism in self.mechanisms}
        hazards["grant"] = self.grant_hazard * features[_INDEX[GRANT_FEATURE]]
        return dict(sorted(hazards.items(), key=lambda item: -item[1]))


_INDEX = {name: index for index, name in enumerate(FEATURES)}
GRANT_FEATURE = "UNGRANTED_TOOL"


def softplus(value: float) -> float:
    """Return log(1 + exp(value))."""
    return value + math.log1p(math.exp(-value)) if value > 0 else math.log1p(math.exp(value))


def risk_of(hazard: float) -> float:
    """Return the risk in 0..1 of a hazard. Strictly rising, so that there are no ties at the top."""
    return hazard / (1.0 + hazard)


def read_constants(document: Mapping[str, Any]) -> Constants:
    """Read constants from a decoded JSON document. Raises ValueError when it is not one."""
    try:
        constants = Constants(
            tuple(_read_mechanism(one) for one in document["mechanisms"]),
            float(document["grant_hazard"]),
            float(document["alert_risk"]),
            tuple((float(budget), float(risk)) for budget, risk in document.get("alert_lines", ())),
        )
    except (KeyError, TypeError) as error:
        message = f"not constants of session risk: {type(error).__name__} {error}"
        raise ValueError(message) from None
    return constants


def _read_mechanism(document: Mapping[str, Any]) -> Mechanism:
    weights = tuple(_read_weight(one) for one in document["weights"])
    return Mechanism(str(document["name"]), float(document["bias"]), weights)


def _read_weight(document: Mapping[str, Any]) -> Weight:
    feature = str(document["feature"])
    if feature not in _INDEX:
        message = f"there is no feature {feature!r}"
        raise ValueError(message)
    mean, deviation, weight = (float(document[name]) for name in ("mean", "deviation", "weight"))
    if deviation <= 0 or weight < 0:
        message = f"{feature}: a deviation above 0 and a weight of at least 0 are needed"
        raise ValueError(message)
    return Weight(feature, mean, deviation, weight, _INDEX[feature])

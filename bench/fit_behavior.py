"""Fits the constants of session risk to labelled events: `python -m bench.fit_behavior DATA`.

DATA is a folder of sets, as for `python -m bench.behavior`. Each set is scored by constants that were fitted to the
other sets, and the figures are printed: what counts is how well they do on agents that they have not seen. With
`--write`, the constants fitted to all sets are written to `fitted.py`, which is what ships; `--out FILE` writes them as
JSON instead.

The model is that of `sessions/combination.py`. Each family of attacks weighs the same, as much as all benign sessions
together. Fitting changes which sessions teach what is normal, so events are replayed with the new constants and fitted
again.
"""

import argparse
import json
import pprint
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agentsentinel.commands.replay import RecordedEvent, RecordedGrant, observe, read_lines
from agentsentinel_core.behavior.sessions import combination
from agentsentinel_core.behavior.sessions.combination import (
    FEATURES,
    HIGHEST,
    LOWEST,
    Constants,
    read_constants,
)
from agentsentinel_core.behavior.sessions.engine import RiskEngine
from bench.behavior import labelled_events, sets_of
from bench.detection_metrics import LabelledEvent, describe, measure, sessions_of

Numbers = NDArray[np.float64]
FITTED = Path(__file__).parents[1] / "packages/core/src/agentsentinel_core/behavior/sessions/fitted.py"
MECHANISMS: dict[str, list[str]] = {
    "pace": ["SUSTAINED_PACE"],
    "repetition": ["REPEATED_CALL", "REPEATED_CALL:rank", "REPEATED_TOOL:rank"],
    "hour": ["UNUSUAL_HOUR:rank"],
    "flow": ["READ_TO_WRITE", "READ_TO_WRITE:rank", "UNPREPARED_WRITE:rank"],
    "order": [
        "NEW_COMPANY:rank",
        "NEW_TRANSITIONS:rank",
        "REVERSED_ORDER:rank",
        "UNKNOWN_BEGINNING:rank",
        "UNKNOWN_WINDOWS:rank",
    ],
    "drift": ["RECURRING_NOVELTY", "RECURRING_NOVELTY:rank", "RECURRING_WRITES"],
}
"""Features by mechanism; where a scale differs from agent to agent, the rank alone."""
GRANT_HAZARD = 10.0
PENALTY, STEPS, STEP = 0.0005, 400, 0.05
ROUNDS = 2
ALERT_SHARE = 0.99
"""Share of benign sessions below the alert line: the default budget of 10 false alarms in 1,000."""

ALERT_BUDGETS = (1, 2, 5, 10, 20, 50, 100)
"""False alarms in 1,000 benign sessions for which the alert line is measured."""


class Replayed(NamedTuple):
    """Live events of one set, with features and risk of each."""

    events: list[LabelledEvent]
    features: Numbers
    risks: list[float]


class Rows(NamedTuple):
    """Events to fit to."""

    features: Numbers
    is_attack: NDArray[np.bool_]
    weights: Numbers
    """Sum to 1."""


def replay_set(folder: Path, name: str, constants: Constants) -> Replayed:
    """Replay one set and keep the features of its live events."""
    engine = RiskEngine(constants)
    for grant in read_lines(folder / f"{name}.grants.jsonl.gz", RecordedGrant):
        engine.grant(grant.agent, grant.tool)
    for event in read_lines(folder / f"{name}.history.jsonl.gz", RecordedEvent):
        observe(engine, event, True)
    judged = [observe(engine, event, False) for event in read_lines(folder / f"{name}.live.jsonl.gz", RecordedEvent)]
    return Replayed(
        labelled_events(folder, name), np.array([features for _, features in judged]), [risk for risk, _ in judged]
    )


def rows_of(sets: Sequence[Replayed]) -> Rows:
    """Return the events of benign sessions, and those of attacked ones from the first of the attack on.

    In a set each session weighs the same; benign sessions of all sets weigh half, and so do the families together.
    """
    features: list[Numbers] = []
    weights: list[float] = []
    families: list[str] = []
    for replayed in sets:
        sessions = _events_by_session(replayed.events)
        benign = sum(replayed.events[numbers[0]].attack is None for numbers in sessions)
        for numbers in sessions:
            family = replayed.events[numbers[0]].attack
            counted = numbers if family is None else _from_attack(numbers, replayed.events)
            features += [replayed.features[number] for number in counted]
            weights += [1 / len(counted) / (benign if family is None else 1)] * len(counted)
            families += [family or ""] * len(counted)
    weighed, names = np.array(weights), np.array(families)
    attacks = sorted(set(families) - {""})
    for family in ["", *attacks]:
        chosen = names == family
        weighed[chosen] /= weighed[chosen].sum() * (1 if not family else len(attacks)) * 2
    return Rows(np.array(features), names != "", weighed)


def _events_by_session(events: Sequence[LabelledEvent]) -> list[list[int]]:
    sessions: dict[tuple[str, str], list[int]] = {}
    for number, event in enumerate(events):
        sessions.setdefault((event.agent, event.session), []).append(number)
    return list(sessions.values())


def _from_attack(numbers: list[int], events: Sequence[LabelledEvent]) -> list[int]:
    first = next((place for place, number in enumerate(numbers) if events[number].is_attack), 0)
    return numbers[first:]


def fit(rows: Rows) -> dict[str, Any]:
    """Fit biases and weights of all mechanisms by maximum likelihood with a small penalty; weights stay at least 0."""
    benign = ~rows.is_attack
    mean = np.average(rows.features[benign], axis=0, weights=rows.weights[benign])
    variance = np.average((rows.features[benign] - mean) ** 2, axis=0, weights=rows.weights[benign])
    deviation = np.sqrt(variance) + 0.1
    scaled = np.clip((rows.features - mean) / deviation, LOWEST, HIGHEST)
    columns = [[FEATURES.index(feature) for feature in features] for features in MECHANISMS.values()]
    weights, biases = _ascend([scaled[:, chosen] for chosen in columns], rows)
    return {
        "grant_hazard": GRANT_HAZARD,
        "alert_risk": 1.0,
        "mechanisms": [
            {
                "name": name,
                "bias": round(float(bias), 4),
                "weights": [
                    {
                        "feature": FEATURES[column],
                        "mean": round(float(mean[column]), 4),
                        "deviation": round(float(deviation[column]), 4),
                        "weight": round(float(weight), 4),
                    }
                    for column, weight in zip(chosen, values, strict=True)
                    if weight > 0
                ],
            }
            for name, chosen, values, bias in zip(MECHANISMS, columns, weights, biases, strict=True)
        ],
    }


def _ascend(parts: list[Numbers], rows: Rows) -> tuple[list[Numbers], Numbers]:
    """Return weights and biases after STEPS steps of Adam, projected to weights of at least 0."""
    bounds = np.cumsum([part.shape[1] for part in parts])
    theta = np.concatenate([np.full(bounds[-1], 0.3), np.full(len(parts), -3.0)])
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, STEPS + 1):
        gradient = _gradient(parts, rows, theta, bounds)
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        rate = STEP if step < 0.7 * STEPS else STEP / 5
        theta -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        theta[: bounds[-1]] = np.maximum(0.0, theta[: bounds[-1]])
    return np.split(theta[: bounds[-1]], bounds[:-1]), theta[bounds[-1] :]


def _gradient(parts: list[Numbers], rows: Rows, theta: Numbers, bounds: NDArray[np.int64]) -> Numbers:
    """Return the gradient of the negative log-likelihood: an attack has the probability 1 - exp(-hazard)."""
    weights, biases = np.split(theta[: bounds[-1]], bounds[:-1]), theta[bounds[-1] :]
    sums = np.stack([part @ values + bias for part, values, bias in zip(parts, weights, biases, strict=True)], axis=1)
    hazard = np.logaddexp(0.0, sums).sum(axis=1)
    missed = np.exp(-hazard)
    by_hazard = np.where(rows.is_attack, -rows.weights * missed / np.maximum(1e-9, 1 - missed), rows.weights)
    by_sum = by_hazard[:, None] / (1 + np.exp(-sums))
    slopes = [part.T @ by_sum[:, number] for number, part in enumerate(parts)]
    gradient = np.concatenate([*slopes, by_sum.sum(axis=0)])
    gradient[: bounds[-1]] += PENALTY * theta[: bounds[-1]]
    return gradient


def with_alert_line(document: dict[str, Any], sets: Sequence[Replayed]) -> dict[str, Any]:
    """Return the constants with the risk that ALERT_SHARE of the benign sessions stay below, and with other budgets."""
    constants = read_constants(document)
    scores: list[float] = []
    for replayed in sets:
        for numbers in _events_by_session(replayed.events):
            if replayed.events[numbers[0]].attack is None:
                hazard = max(constants.hazard(list(replayed.features[number])) for number in numbers)
                scores.append(combination.risk_of(hazard))
    lines = [[budget, round(float(np.quantile(scores, 1 - budget / 1000)), 4)] for budget in ALERT_BUDGETS]
    return {**document, "alert_risk": round(float(np.quantile(scores, ALERT_SHARE)), 4), "alert_lines": lines}


def fit_sets(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """Fit constants to these sets, replaying them with what was fitted before."""
    document: dict[str, Any] = {"grant_hazard": GRANT_HAZARD, "alert_risk": 0.0, "mechanisms": []}
    for _ in range(ROUNDS):
        sets = [replay_set(folder, name, read_constants(document)) for name in names]
        document = with_alert_line(fit(rows_of(sets)), sets)
    return document


def left_out(folder: Path, names: Sequence[str]) -> str:
    """Return the figures of each set by constants that were fitted to the others, and of all pooled."""
    sessions = {}
    for name in names:
        document = fit_sets(folder, [other for other in names if other != name])
        replayed = replay_set(folder, name, read_constants(document))
        scores: Mapping[str, float] = dict(zip((event.id for event in replayed.events), replayed.risks, strict=True))
        sessions[name] = sessions_of(replayed.events, scores)
    pooled = describe("each set by the others", measure([one for name in names for one in sessions[name]]))
    return "\n".join([pooled, *(describe(name, measure(sessions[name])) for name in names)])


def main() -> int:
    """Fit, and print the figures; return 2 when there is too little to fit to."""
    parser = argparse.ArgumentParser(prog="python -m bench.fit_behavior", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="write the constants that ship")
    parser.add_argument("--out", type=Path, help="write the constants as JSON")
    parser.add_argument("--without", help="leave this set out of the constants that are written")
    options = parser.parse_args()
    names = sets_of(options.data)
    if len(names) < 2:
        print(f"bench: {options.data} has fewer than two sets", file=sys.stderr)
        return 2
    if not options.write and not options.out:
        print(left_out(options.data, names))
        return 0
    document = fit_sets(options.data, [name for name in names if name != options.without])
    if options.out:
        options.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if options.write:
        text = FITTED.read_text(encoding="utf-8").partition("FITTED")[0]
        FITTED.write_text(f"{text}FITTED: dict[str, Any] = {pprint.pformat(document, width=110)}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

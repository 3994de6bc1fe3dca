"""(c) What an event costs when much is stored already: single events as in (a), against stores of three sizes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median

from bench.database import Connection, Work
from bench.history import AGENTS, DAYS
from bench.lab import Lab, Store
from bench.product import EVENT_PATH, Product, Run
from bench.report import Row, Section
from bench.wrk import Load, Target

MAX_RATIO = 1.2
WARM_UP_SECONDS = 2
COUNT_UNUSUAL = "SELECT coalesce(avg((anomaly_score > 0)::int), 0)::float8 FROM agent_events WHERE timestamp >= $1"
ABOUT = (
    f"Yardstick: the same load on an empty store. Every store has {AGENTS:,} agents with ten grants each, and the"
    f" events are theirs, over the last {DAYS} days, with all counters; the 32 that report have as much history as the"
    " others. All platforms run, idle but for the one that is measured. So that the stores are compared and not the"
    " words of a signal, the agents that report worked once a week: their load is judged as usual, as that of new"
    " agents is. For the last row they worked around the clock, and every call is stored with a reason."
)


@dataclass(frozen=True)
class Trial:
    """One load on one store."""

    name: str
    product: Product
    load: Load

    def run(self) -> tuple[Run, float]:
        """Measure once; returns the run and the share of unusual events in it."""
        began = datetime.now(UTC)
        run = self.product.report(self.load)
        return run, self.product.with_database(_unusual_since(began))

    def warm_up(self) -> None:
        """Get the agents' counters into memory."""
        self.product.report(replace(self.load, seconds=WARM_UP_SECONDS))


def measure(lab: Lab) -> Section:
    """Measure the stores, in turns."""
    empty, some, many = (lab.store(events) for events in (0, lab.pace.some_events, lab.pace.many_events))
    lab.keep(empty.name, some.name, many.name)
    trials = [
        *(_trial(lab, store, f"{store.events:,} stored", store.weekly) for store in (empty, some, many)),
        _trial(lab, empty, "0 stored, event ids", empty.weekly, with_ids=True),
        _trial(lab, many, f"{many.events:,} stored, event ids", many.weekly, with_ids=True),
        _trial(lab, many, f"{many.events:,} stored, bursts", many.daily),
    ]
    for trial in trials:
        trial.warm_up()
    turns = [{trial.name: trial.run() for trial in trials} for _ in range(lab.pace.rounds)]
    raw = [f"{name}: {run}, {share:.0%} unusual" for turn in turns for name, (run, share) in turn.items()]
    names = [trial.name for trial in trials]
    return Section("(c) Single events, by how many are stored", _rows(names, turns), raw, ABOUT)


def _trial(lab: Lab, store: Store, name: str, targets: Sequence[Target], *, with_ids: bool = False) -> Trial:
    product = lab.product(store.name)
    return Trial(
        name, product, Load("event", product.url + EVENT_PATH, targets, lab.pace.short_seconds, with_ids=with_ids)
    )


def _rows(names: Sequence[str], turns: Sequence[Mapping[str, tuple[Run, float]]]) -> list[Row]:
    runs = {name: [turn[name][0] for turn in turns] for name in names}
    empty, some, many, empty_ids, many_ids, bursts = (runs[name] for name in names)
    _, some_name, many_name, _, _, _ = names
    return [
        *_compare(some_name, some, empty),
        *_compare(many_name, many, empty, MAX_RATIO),
        *_compare("  the same with event ids", many_ids, empty_ids, MAX_RATIO),
        *_compare("  the same, every call a burst", bursts, empty),
    ]


def _compare(name: str, runs: Sequence[Run], empty: Sequence[Run], limit: float | None = None) -> list[Row]:
    """Return two rows: events per second, and CPU time per event."""
    cpu, cpu_empty, cpu_ratio = _medians(runs, empty, lambda run: run.cpu_us)
    speed, speed_empty, speed_ratio = _medians(runs, empty, lambda run: run.events_per_second)
    speed_row = Row(name, f"{speed:,.0f}/s", f"{speed_empty:,.0f}/s", speed_ratio)
    cpu_row = Row("    CPU an event", f"{cpu:,.0f} us", f"{cpu_empty:,.0f} us", cpu_ratio)
    if limit is None:
        return [speed_row, cpu_row]
    return [
        replace(speed_row, target=f">= {1 / limit:.2f}", is_met=speed_ratio >= 1 / limit),
        replace(cpu_row, target=f"<= {limit}", is_met=cpu_ratio <= limit),
    ]


def _medians(runs: Sequence[Run], empty: Sequence[Run], figure: Callable[[Run], float]) -> tuple[float, float, float]:
    """Return three medians: of the runs, of those on the empty store, and of the ratios of runs that took turns."""
    ratio = median(figure(run) / figure(bare) for run, bare in zip(runs, empty, strict=True))
    return median(map(figure, runs)), median(map(figure, empty)), ratio


def _unusual_since(began: datetime) -> Work[float]:
    """Return the share of the events since `began` that a detector flagged."""

    async def work(connection: Connection) -> float:
        return float(await connection.fetchval(COUNT_UNUSUAL, began))

    return work

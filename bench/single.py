"""(a) Single events: durable, scored and authenticated, against a bare FastAPI route that does nothing."""

from statistics import median

from bench.lab import Lab
from bench.product import EVENT_PATH, Product, Run
from bench.report import Row, Section
from bench.wrk import Answers, Load, Target, run

NAME = "fresh"
MIN_RATIO = 2.0
MAX_P99_MS = 50.0
WARM_UP_SECONDS = 2
ABOUT = (
    "Yardstick: a bare FastAPI route that validates the same body and does nothing, on the same HTTP server with the"
    " same settings."
)


def measure(lab: Lab) -> Section:
    """Measure the bare route and each variant of the load, in turns."""
    lab.keep(NAME)
    product, fleet = lab.product(NAME), lab.targets(NAME)
    variants = {
        "single events, 32 agents": _load(product, fleet, lab.pace.seconds),
        "  the same with event ids": _load(product, fleet, lab.pace.seconds, with_ids=True),
        "  the same, one agent": _load(product, fleet[:1], lab.pace.seconds),
    }
    with lab.noop() as url:
        bare = Load("event", url + EVENT_PATH, fleet, lab.pace.seconds)
        run(Load("event", url + EVENT_PATH, fleet, WARM_UP_SECONDS))
        product.report(_load(product, fleet, WARM_UP_SECONDS))
        turns = [(run(bare), [product.report(load) for load in variants.values()]) for _ in range(lab.pace.rounds)]
    admin = product.report(_load(product, product.as_admin(fleet), lab.pace.seconds))
    rows = []
    for index, name in enumerate(variants):
        rows += _rows(name, [(noop, runs[index]) for noop, runs in turns])
    raw = [line for noop, runs in turns for line in _lines(noop, dict(zip(variants, runs, strict=True)))]
    return Section("(a) Single events, 32 connections", rows, [*raw, f"with the admin key: {admin}"], ABOUT)


def _load(product: Product, targets: list[Target], seconds: int, *, with_ids: bool = False) -> Load:
    return Load("event", product.url + EVENT_PATH, targets, seconds, with_ids=with_ids)


def _rows(name: str, pairs: list[tuple[Answers, Run]]) -> list[Row]:
    ours = median(run.events_per_second for _, run in pairs)
    bare = median(noop.per_second for noop, _ in pairs)
    ratio = median(run.events_per_second / noop.per_second for noop, run in pairs)
    p99 = median(run.answers.p99_ms for _, run in pairs)
    bare_p99 = median(noop.p99_ms for noop, _ in pairs)
    target = f"< {MAX_P99_MS:.0f} ms"
    return [
        Row(name, f"{ours:,.0f}/s", f"{bare:,.0f}/s", ratio, f">= {MIN_RATIO}", ratio >= MIN_RATIO),
        Row("    p99", f"{p99:.1f} ms", f"{bare_p99:.1f} ms", None, target, p99 < MAX_P99_MS),
    ]


def _lines(noop: Answers, runs: dict[str, Run]) -> list[str]:
    bare = f"bare FastAPI route: {noop.per_second:,.0f}/s, p50 {noop.p50_ms:.1f} ms, p99 {noop.p99_ms:.1f} ms"
    return [bare, *(f"{name.strip()}: {run}" for name, run in runs.items())]

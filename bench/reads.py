"""(e) Reading: one agent's score, which is computed anew each time, and the list of agents."""

from dataclasses import replace
from statistics import median

from bench.history import AGENTS
from bench.lab import Lab
from bench.report import Row, Section
from bench.wrk import Answers, Load, run

CONNECTIONS = 8
WARM_UP_SECONDS = 1
ABOUT = (
    f"Over {CONNECTIONS} connections, from a platform with {AGENTS:,} agents that have history. A score is computed"
    " anew from the stored counters, and written down, at each request; all agents in turn. The list is JSON of 500"
    " agents."
)


def measure(lab: Lab) -> Section:
    """Measure the two routes, in turns."""
    store = lab.store(lab.pace.many_events)
    lab.keep(store.name)
    product = lab.product(store.name)
    paths = {
        "GET score": [f"/api/v1/agents/{agent_id}/score" for agent_id in store.agent_ids],
        "GET agents?limit=500": ["/api/v1/agents?limit=500"],
    }
    reader = [product.reader()]
    loads = {
        name: Load("get", product.url, reader, lab.pace.short_seconds, CONNECTIONS, paths=ways)
        for name, ways in paths.items()
    }
    for load in loads.values():
        run(replace(load, seconds=WARM_UP_SECONDS))
    turns = [{name: run(load) for name, load in loads.items()} for _ in range(lab.pace.rounds)]
    rows = [row for name in loads for row in _rows(name, [turn[name] for turn in turns])]
    raw = [f"{name}: {_words(answers)}" for turn in turns for name, answers in turn.items()]
    return Section(f"(e) Reading, {store.events:,} events of {AGENTS:,} agents stored", rows, raw, ABOUT)


def _rows(name: str, turns: list[Answers]) -> list[Row]:
    p50, p99 = median(one.p50_ms for one in turns), median(one.p99_ms for one in turns)
    return [
        Row(name, f"{median(one.per_second for one in turns):,.0f}/s"),
        Row("    p50 / p99", f"{p50:.1f} / {p99:.1f} ms"),
    ]


def _words(answers: Answers) -> str:
    return (
        f"{answers.per_second:,.0f} requests/s, p50 {answers.p50_ms:.1f} ms, p99 {answers.p99_ms:.1f} ms,"
        f" wrk {answers.generator_cpu:.0%} of a core"
    )

"""`python -m bench.cluster`: a cluster beside the embedded platform, on the same cores, and what each part of it costs.

Every shape runs at once and they are loaded in turns, so that what else the machine does meets all. Each line has the
durable events per second, their ratio to the embedded platform's in the same round, and the CPU time of one event by
part. The last lines say what that means on more cores: how many events per second one core of each part carries, which
is what the scaling model of docs/deployment.md multiplies.
"""

import argparse
import statistics
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from deploy.cluster import Cluster, running_cluster

from bench.lab import AGENTS
from bench.processes import cpu_seconds, own_cpu_seconds
from bench.product import EVENT_PATH, Product, started
from bench.wrk import Answers, Load, Target, run

CONNECTIONS = 64
WARM_UP_SECONDS = 3
PARTS = ("servers", "workers", "PostgreSQL", "Redis", "nginx")


@dataclass
class Shape:
    """One way to run the platform, with what it measured."""

    name: str
    urls: Sequence[str]
    fleet: Sequence[Target]
    pids: dict[str, list[int]]
    """Part -> the processes whose CPU time counts there; those of PostgreSQL and nginx with their children."""
    rates: list[float] = field(default_factory=list)
    costs: list[dict[str, float]] = field(default_factory=list)

    def load(self, seconds: int) -> None:
        """Report events to all addresses at once, and note rate and costs."""
        before = self._cpu()
        answers = self._run(seconds)
        events = sum(one.requests for one in answers)
        used = {part: seconds_now - before[part] for part, seconds_now in self._cpu().items()}
        self.rates.append(sum(one.per_second for one in answers))
        self.costs.append({part: cost / events * 1e6 for part, cost in used.items()})

    def _run(self, seconds: int) -> list[Answers]:
        share = CONNECTIONS // len(self.urls)
        answers: list[Answers] = []

        def report(number: int, url: str) -> None:
            fleet = self.fleet[number :: len(self.urls)]  # an agent's key leads to one server, as nginx does it
            answers.append(run(Load("event", url + EVENT_PATH, fleet, seconds, connections=share)))

        threads = [threading.Thread(target=report, args=pair) for pair in enumerate(self.urls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _cpu(self) -> dict[str, float]:
        whole = {"PostgreSQL", "nginx"}
        return {
            part: sum(cpu_seconds(pid) if part in whole else own_cpu_seconds(pid) for pid in pids)
            for part, pids in self.pids.items()
        }

    def cost(self, part: str) -> float:
        """Return the median CPU time of one event in a part, in microseconds."""
        return statistics.median(cost.get(part, 0.0) for cost in self.costs)


def embedded(product: Product) -> Shape:
    """Return the platform in one process; its PostgreSQL is a child of it."""
    fleet = product.targets(product.register(AGENTS))
    return Shape("embedded", [product.url], fleet, {"servers": [product.pid]})


def clustered(name: str, cluster: Cluster, *, through_nginx: bool) -> Shape:
    """Return a cluster, entered at its servers or at nginx."""
    postgres, nginx = cluster.postgres, cluster.nginx
    if postgres is None or nginx is None:
        raise ValueError("the cluster has no PostgreSQL or nginx of its own")
    pids = {
        "servers": [process.process.pid for process in cluster.servers],
        "workers": [process.process.pid for process in cluster.workers],
        "PostgreSQL": postgres.pids[:1],
        "Redis": [cluster.redis.pid],
        "nginx": [nginx.process.process.pid],
    }
    urls = [nginx.url] if through_nginx else [process.url for process in cluster.servers]
    return Shape(name, urls, new_fleet(cluster), pids)


def new_fleet(cluster: Cluster) -> list[Target]:
    """Register agents, each with a key of its own."""
    base_url, headers = f"{cluster.servers[0].url}/api/v1/", {"X-API-Key": cluster.admin_key}
    with httpx2.Client(base_url=base_url, headers=headers, trust_env=False, timeout=30) as client:

        def create(path: str, **body: str) -> dict[str, str]:
            answer = client.post(path, json=body)
            answer.raise_for_status()
            created: dict[str, str] = answer.json()
            return created

        ids = [create("agents", name=f"bench-{number:04}-{id(cluster)}")["id"] for number in range(AGENTS)]
        return [Target(one, create("keys", name="bench", scope="agent", agent_id=one)["key"]) for one in ids]


def main() -> None:
    """Measure and print."""
    options = _parse()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp")))
        folder.chmod(0o711)

        def cluster(name: str, servers: int, workers: int) -> Cluster:
            place = folder / name
            place.mkdir(mode=0o711)
            return stack.enter_context(running_cluster(place, servers=servers, workers=workers))

        one, two = cluster("one", 1, 1), cluster("two", 2, 2)
        shapes = [
            embedded(stack.enter_context(started(folder / "embedded"))),
            clustered("1 server, 1 worker", one, through_nginx=False),
            clustered("2 servers, 2 workers", two, through_nginx=False),
            clustered("  through nginx, TLS", two, through_nginx=True),
        ]
        for shape in shapes:
            shape.load(WARM_UP_SECONDS)
            shape.rates.clear()
            shape.costs.clear()
        for number in range(options.rounds):
            for shape in shapes if number % 2 == 0 else reversed(shapes):
                shape.load(options.seconds)
    report(shapes)


def report(shapes: Sequence[Shape]) -> None:
    """Print a line for each shape, then what a core of each part carries."""
    first = shapes[0]
    for shape in shapes:
        ratio = statistics.median(a / b for a, b in zip(shape.rates, first.rates, strict=True))
        costs = ", ".join(f"{part} {shape.cost(part):.0f}" for part in PARTS if shape.cost(part) >= 0.5)
        print(f"{shape.name:<22} {statistics.median(shape.rates):7,.0f} events/s  {ratio:5.2f}x  CPU us/event: {costs}")
    whole = shapes[2]
    for part in PARTS:
        if whole.cost(part) >= 0.5:
            print(f"one core of {part:<11} carries {1e6 / whole.cost(part):9,.0f} events/s")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6, help="duration of one run (default: 6)")
    return parser.parse_args()


if __name__ == "__main__":
    main()

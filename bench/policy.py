"""Time of one decision of the shim, by the number of rules: `python -m bench.policy`.

Prints the processor time of a call that no rule denies, so that each rule is tried, half of them with a pattern.
"""

import statistics
import tempfile
import time
from pathlib import Path

from agentsentinel_core.policy.model import Policy
from agentsentinel_shim.enforcement.judge import Judge, Knowledge
from agentsentinel_shim.enforcement.snapshot import Grant, Snapshot
from agentsentinel_shim.policy_file import load_policy

CALLS = 5_000
RULE = """\
  - id: r{n}
    mode: enforce
    when: {{tool: "{tool}", arguments: {{path: {{matches: "^/etc/{n}[a-z]+$"}}}}}}
"""


def policy_of(rules: int) -> Policy:
    """Return a policy of this many rules, every second of which applies to the tool that is called."""
    text = "version: 1\nrules:\n"
    text += "".join(RULE.format(n=n, tool=f"other{n}_*" if n % 2 else "read_*") for n in range(rules))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_text(text)
        return load_policy(path)


def main() -> None:
    """Print a line for each size of policy."""
    grants = (*(Grant(f"tool{n}") for n in range(200)), Grant("read_file", rate_limit_per_hour=1_000_000))
    knowledge = Knowledge(Snapshot("1", grants=grants), is_fresh=True)
    for rules in (1, 10, 100, 1_000):
        policy = policy_of(rules)
        judge = Judge(lambda policy=policy: policy, lambda: knowledge, enforces=True)  # type: ignore[misc]
        times = []
        for number in range(CALLS):
            begun = time.thread_time()
            judge.judge("files", "read_file", {"path": "/home/" + "a" * 200}, "session", float(number))
            times.append((time.thread_time() - begun) * 1000)
        p99 = statistics.quantiles(times, n=100)[98]
        print(f"{rules:>5} rules: p50 {statistics.median(times):.3f} ms, p99 {p99:.3f} ms")


if __name__ == "__main__":
    main()

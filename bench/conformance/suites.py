"""The official suite in its two versions, as npm installs them into this folder, and what they say about a server."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.conformance.chains import ENVIRONMENT

MODULES = Path(__file__).parent / "node_modules"
PATIENCE_SECONDS = 600
_RUN = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
"""Name of the folder with the checks of one scenario."""


@dataclass(frozen=True)
class Suite:
    """One version of the suite and the part of it that is run."""

    package: str
    revision: str | None
    """Revision of the protocol whose requirements are run; None for all that the suite has."""
    least_passed: int
    """Checks that the upstream has to pass directly, so that there is something to lose on the way."""


SUITES = {
    "0.1.16": Suite("conformance-0.1", None, 38),
    "0.2.0-alpha.12, 2025-11-25": Suite("conformance-0.2", "2025-11-25", 80),
    "0.2.0-alpha.12, 2026-07-28": Suite("conformance-0.2", "2026-07-28", 160),
}


@dataclass
class Results:
    """How the checks of a run ended."""

    scenarios: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    """Scenario -> how often each check of it ended with which status."""

    @property
    def passed(self) -> int:
        """Checks that passed."""
        return self._count("SUCCESS")

    def total(self) -> str:
        """Return the checks passed and failed."""
        return f"{self.passed} / {self._count('FAILURE')}"

    def differences(self, direct: "Results") -> list[str]:
        """Return the scenarios that ended otherwise than directly, with the checks that did."""
        lines = []
        for scenario in sorted(self.scenarios.keys() | direct.scenarios.keys()):
            ours, theirs = (results.scenarios.get(scenario, Counter()) for results in (self, direct))
            changes = [f"{check} is {status.lower()}" for check, status in sorted((ours - theirs).elements())]
            if ours != theirs:
                lines.append(f"{scenario}: {', '.join(changes) or 'checks are missing'}")
        return lines

    def _count(self, status: str) -> int:
        return sum(
            count for checks in self.scenarios.values() for (_, ended), count in checks.items() if ended == status
        )


def run_suite(suite: Suite, url: str, folder: Path, scenario: str | None = None) -> Results:
    """Run a suite against a server, and read what it wrote into `folder`."""
    command = [str(ENVIRONMENT / "node"), str(MODULES / suite.package / "dist" / "index.js"), "server", "--url", url]
    command += ["--output-dir", str(folder), *(["--scenario", scenario] if scenario else [])]
    if suite.revision:
        command += ["--spec-version" if scenario else "--requirements", suite.revision]
    subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, check=False)  # 1: a check has failed
    return read_results(folder)


def read_results(folder: Path) -> Results:
    """Read the checks of all scenarios that the suite has written into a folder."""
    results = Results()
    for path in folder.glob("*/checks.json"):
        match = _RUN.fullmatch(path.parent.name)
        if match is not None:
            checks = json.loads(path.read_text())
            results.scenarios[match["scenario"]] = Counter((check["id"], check["status"]) for check in checks)
    return results

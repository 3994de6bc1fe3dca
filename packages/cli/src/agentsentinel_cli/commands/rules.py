"""`sentinel rules`: prints the catalogue of posture rules."""

import sys
from collections.abc import Sequence

from agentsentinel_cli.commands.parsing import parser
from agentsentinel_core.posture.registry import CATALOGUE, RULES, SCAN_RULES


def run(arguments: Sequence[str]) -> int:
    """Print every rule, marked by where it runs (`scan`, `server` or `clients`), and return the exit code 0."""
    options = parser("sentinel rules", "List the rules.")
    options.add_argument("--format", choices=("text", "json"), default="text", help="how to write the list")
    chosen = options.parse_args(list(arguments))
    scanned = {rule.id for rule in SCAN_RULES}
    evaluated = {rule.id for rule in RULES}
    ordered = sorted(CATALOGUE, key=lambda rule: (-rule.severity.rank, rule.id))
    if chosen.format == "json":
        import json

        rows = [
            {
                "rule_id": rule.id,
                "severity": rule.severity.value,
                "title": rule.title,
                "scan": rule.id in scanned,
                "references": list(rule.references),
            }
            for rule in ordered
        ]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    for rule in ordered:
        where = "scan" if rule.id in scanned else "server" if rule.id in evaluated else "clients"
        sys.stdout.write(f"{rule.severity.value:<9} {rule.id:<26} {where:<8}{rule.title}\n")
    sys.stdout.write(
        "\nscan: detected in source by `sentinel scan`; server: needs data that only a running platform has; clients:\n"
        "looks at the configuration files of AI clients.\n"
        "`sentinel explain RULE` shows more.\n"
    )
    return 0

"""`sentinel explain RULE`: prints the documentation of a rule, built from the rule itself, so it works offline."""

import sys
import textwrap
from collections.abc import Sequence

from agentsentinel_cli.commands.parsing import parser, terminal_width
from agentsentinel_cli.docs import page_of
from agentsentinel_core import taxonomy
from agentsentinel_core.posture.registry import CATALOGUE, SCAN_RULES
from agentsentinel_core.posture.rule import Rule


def run(arguments: Sequence[str]) -> int:
    """Print one rule and return the exit code: 0, or 2 when there is no rule with that name."""
    options = parser("sentinel explain", "Show what a rule looks for, why it matters, and what to do.")
    options.add_argument("rule", metavar="RULE", help="such as EXFILTRATION_PATH; case and dashes do not matter")
    wanted = options.parse_args(list(arguments)).rule.upper().replace("-", "_")
    known = {rule.id: rule for rule in (*CATALOGUE, *SCAN_RULES)}
    if wanted not in known:
        sys.stderr.write(f"sentinel explain: there is no rule {wanted!a}; `sentinel rules` lists them\n")
        return 2
    sys.stdout.write(_page(known[wanted]))
    return 0


def _page(rule: Rule) -> str:
    sections = [
        f"{rule.id}  {rule.severity.value}\n{rule.title}.",
        _section("What", f"{rule.__doc__} {rule.check.__doc__}"),
        _section("Why it matters", rule.rationale),
        _section("What to do", rule.remediation),
        _section("Needs", ", ".join(sorted(kind.value for kind in rule.needs))),
        "References\n" + "\n".join(f"  {each}  {taxonomy.title(each)}" for each in rule.references),
    ]
    if (page := page_of(rule.slug)) is not None:
        sections.append(f"More: {page}")
    return "\n\n".join(sections) + "\n"


def _section(heading: str, text: str) -> str:
    body = textwrap.fill(
        " ".join(text.split()), terminal_width(), initial_indent="  ", subsequent_indent="  ", break_long_words=False
    )
    return f"{heading}\n{body}"

"""Options of `sentinel scan` that the repository's configuration sets where the command line does not."""

import argparse
import os

from agentsentinel_cli.scan.config import Config, load_config
from agentsentinel_cli.scan.errors import RequestError
from agentsentinel_cli.scan.file_selection import STDIN
from agentsentinel_cli.scan.roots import root_of


def apply_config(options: argparse.Namespace) -> str:
    """Set the options that only the configuration gives, and return a line that names them; "" for none.

    The file is kept as `options.config`, its rules as `options.disabled_rules`, and where rules come from as
    `options.rules_origin`. With `--no-suppressions`, whatever could hide a finding is left to the command line, and
    only the gate's level is taken. Raises RequestError.
    """
    options.config, options.disabled_rules, options.rules_origin = None, (), "--rule"
    config = None if options.no_config else load_config(root_of_scan(options))
    if config is None:
        return ""
    options.config = config.file
    taken = _take(options, config)
    return f"settings of {config.file}: {', '.join(taken)}\n" if taken else ""


def root_of_scan(options: argparse.Namespace) -> str:
    """Return the folder that paths are relative to: see `root_of`."""
    targets = [target for target in options.targets or ["."] if target != STDIN]
    return root_of(targets, (options.baseline, options.write_baseline, options.ignore_file))


def _take(options: argparse.Namespace, config: Config) -> list[str]:
    taken = []
    if config.fail_on is not None and options.fail_on is None:
        options.fail_on = config.fail_on
        taken.append("fail-on")
    if options.no_suppressions:
        return taken
    if config.exclude and not options.exclude:
        options.exclude = list(config.exclude)
        taken.append("exclude")
    if config.severity and not options.severity:
        options.severity = list(config.severity)
        taken.append("severity")
    if (config.only_rules or config.disabled_rules) and not options.rule:
        options.rule, options.disabled_rules = list(config.only_rules), config.disabled_rules
        options.rules_origin = f"{config.file}: rules"
        taken.append("rules")
    if config.baseline is not None and not (options.baseline or options.write_baseline):
        if not os.path.exists(config.baseline):
            raise RequestError(
                f"{config.file}: baseline: {config.baseline!a} does not exist; --write-baseline writes it"
            )
        options.baseline = config.baseline
        taken.append("baseline")
    return taken

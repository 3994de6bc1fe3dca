"""`sentinel scan --url`: what one server is, with its models, tools, authentication and version."""

import argparse
import asyncio
import sys
from importlib import import_module
from urllib.parse import urlsplit

from agentsentinel_cli.commands.output import deliver, wants_color
from agentsentinel_cli.commands.parsing import terminal_width
from agentsentinel_cli.discover.model import Discovery, Risk
from agentsentinel_cli.discover.risk import assessed
from agentsentinel_cli.report.words import safe
from agentsentinel_core.light_dataclasses import replace
from agentsentinel_core.posture.address import parse

CLEAN, GATE_HIT, USAGE_ERROR, NOTHING_SCANNED = 0, 1, 2, 3
_FORMATS = ("text", "json", "markdown", "sarif")


def scan_server(options: argparse.Namespace) -> int:
    """Identify the server of `--url`, write the report, and return the exit code."""
    try:
        from agentsentinel_cli.discover.probes import Server, identify
    except ModuleNotFoundError as error:
        return _refuse(f'{error.name} is not installed; pip install --find-links dist "agentsentinel-cli[discover]"')
    place = _place(options.url)
    if place is None:
        return _refuse(f"{options.url!a} is not an address that starts with http:// or https://")
    if (problem := _problem(options)) is not None:
        return _refuse(problem)
    shown = safe(parse(options.url).shown)
    agent = asyncio.run(identify(Server(*place)))
    if agent is None:
        sys.stderr.write(f"sentinel scan: no agent, MCP server or LLM API answers at {shown}\n")
        return NOTHING_SCANNED
    found = assessed(agent)
    if found.next_step.startswith("sentinel scan --url "):
        found = replace(found, next_step="")  # it is what runs here
    discovery = Discovery((shown,), ("network",), [found])
    if not deliver(_report(discovery, options), options.output, "sentinel scan"):
        return USAGE_ERROR
    levels = [risk.value for risk in Risk]
    is_hit = options.fail_on is not None and found.risk.rank <= levels.index(options.fail_on)
    return GATE_HIT if is_hit else CLEAN


def _problem(options: argparse.Namespace) -> str | None:
    """Return why the options cannot be used, or None."""
    if options.targets or options.pid is not None:
        return "--url names the target; leave TARGET and --pid out"
    if options.format not in _FORMATS:
        return f"--format {options.format} is for source code; use {', '.join(_FORMATS)}"
    return None


def _place(url: str) -> tuple[str, int] | None:
    """Return host and port of an address, or None when it is not one of HTTP."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.scheme in ("http", "https") and parts.hostname else None


def _report(discovery: Discovery, options: argparse.Namespace) -> str:
    if options.format == "text":
        from agentsentinel_cli.report.discovery_text import text_report
        from agentsentinel_cli.report.style import Style

        return text_report(discovery, Style(wants_color(options), terminal_width(), is_verbose=True))
    return str(import_module(f"agentsentinel_cli.report.discovery_{options.format}").render(discovery))


def _refuse(message: str) -> int:
    sys.stderr.write(f"sentinel scan: {safe(message, 400)}\n")
    return USAGE_ERROR

"""`sentinel mcp scan`: reads the manifests of MCP servers, judges them, and reports as `sentinel scan` does."""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentsentinel_cli.commands.output import deliver
from agentsentinel_cli.commands.parsing import parser
from agentsentinel_cli.commands.reporting import (
    USAGE_ERROR,
    add_fail_on,
    add_report_options,
    exit_code,
    render,
    what_passes_suppressed,
    what_was_not_read,
)
from agentsentinel_cli.scan.errors import SuppressionError

if TYPE_CHECKING:
    from agentsentinel_cli.mcp_scan.client import HttpTarget, StdioTarget
    from agentsentinel_cli.scan.report_model import ScanResult
    from agentsentinel_core.manifest.model import Manifest

SECONDS = 60.0
IGNORE_FILE = ".sentinelignore"
_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*:\s*([\x20-\x7e]*)")
_DESCRIPTION = """\
Find what is wrong with an MCP server: its tools, prompts, resources and skills.
Lists them and judges what the server states; calls no tool and reads no resource."""
_EPILOG = """\
exit codes:
  0  nothing at or above --fail-on (or no --fail-on)
  1  a finding at or above --fail-on
  2  wrong usage
  3  no server could be scanned

examples:
  sentinel mcp scan http://localhost:8000/mcp
  sentinel mcp scan https://mcp.example.com/mcp --header 'Authorization: Bearer ...'
  sentinel mcp scan --stdio 'npx -y @modelcontextprotocol/server-everything@2026.8.31'
  sentinel mcp scan http://localhost:8000/mcp --save-baseline approved.json
  sentinel mcp scan http://localhost:8000/mcp --baseline approved.json --fail-on HIGH"""


def run(arguments: Sequence[str]) -> int:
    """Run `sentinel mcp scan` and return its exit code."""
    options = _parser().parse_args(list(arguments))
    try:
        targets = _targets(options)
        result = _scan(targets, options)
        sys.stderr.write(what_was_not_read(result, options.verbose) + what_passes_suppressed(result, options.fail_on))
        if not deliver(render(result, options), options.output, "sentinel mcp scan"):
            return USAGE_ERROR
    except (ValueError, SuppressionError) as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is not installed; install agentsentinel-cli[discover] (docs/install.md)")
    except BrokenPipeError:
        raise
    except OSError as error:
        return _refuse(f"{error.filename!a}: {(error.strerror or type(error).__name__).lower()}")
    return exit_code(result, options.fail_on)


def _scan(targets: "dict[str, HttpTarget | StdioTarget]", options: argparse.Namespace) -> "ScanResult":
    """Read and judge the servers, one after the other. Raises SuppressionError and OSError for files of the options."""
    import anyio

    from agentsentinel_cli.mcp_scan.client import NotScanned, read_manifest
    from agentsentinel_cli.mcp_scan.manifest_file import read_manifests, write_manifests
    from agentsentinel_cli.mcp_scan.scan import judge_manifest
    from agentsentinel_cli.scan.file_selection import Skipped
    from agentsentinel_cli.scan.report_model import ScanResult
    from agentsentinel_core.masking import masked_text

    approved = read_manifests(options.baseline) if options.baseline else {}
    now = datetime.now(timezone.utc)
    result = ScanResult(tuple(targets), [], [], {}, 0, command="mcp scan")
    manifests: dict[str, Manifest] = {}
    for address, target in targets.items():
        try:
            manifest = anyio.run(read_manifest, target, options.timeout)
        except NotScanned as error:
            result.skipped.append(Skipped(address, masked_text(str(error))))  # it quotes the server
            continue
        if options.baseline and address not in approved:
            result.warnings.append(f"{address} is not in {options.baseline}, so its changes are not known")
        manifests[address] = manifest
        result.files_read += 1
        result.agents.append(judge_manifest(manifest, address, approved.get(address), now))
    _suppress(result, options.ignore_file, now)
    if options.save_baseline:
        write_manifests(options.save_baseline, manifests)
        result.warnings.append(f"{len(manifests)} manifests written to {options.save_baseline} as approved")
    return result


def _suppress(result: "ScanResult", ignore_file: str | None, now: datetime) -> None:
    """Apply the file of suppressions, which is `.sentinelignore` in the working folder if none is named."""
    if ignore_file is None and not os.path.exists(IGNORE_FILE):
        return
    from agentsentinel_cli.scan.suppressions import read_ignore_file, suppress
    from agentsentinel_core.posture.registry import CATALOGUE

    entries = read_ignore_file(ignore_file or IGNORE_FILE, [rule.id for rule in CATALOGUE])
    result.warnings += suppress(result.agents, {}, entries, {}, now.date())


def _targets(options: argparse.Namespace) -> "dict[str, HttpTarget | StdioTarget]":
    """Return the servers by the address that reports show. Raises ValueError."""
    from agentsentinel_cli.mcp_scan.client import HttpTarget, StdioTarget
    from agentsentinel_core.masking import masked_command
    from agentsentinel_core.posture.address import parse

    headers = dict(_header(text) for text in options.header)
    targets: dict[str, HttpTarget | StdioTarget] = {}
    for url in options.targets:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError(
                f"{url!a}: give the address of an MCP server, http://... or https://..., or --stdio COMMAND"
            )
        _add(targets, parse(url).shown, HttpTarget(url, headers))
    for line in options.stdio:
        command = _words(line)
        _add(targets, f"stdio:{masked_command(command)}", StdioTarget(command))
    if not targets:
        raise ValueError("give the address of an MCP server, or --stdio COMMAND")
    return targets


def _add(targets: "dict[str, HttpTarget | StdioTarget]", address: str, target: "HttpTarget | StdioTarget") -> None:
    """Add a server. Raises ValueError for another one whose address differs only in what reports do not show."""
    if targets.setdefault(address, target) != target:
        raise ValueError(
            f"{address!a} is given with two queries or secrets, which reports leave out; scan one at a time"
        )


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ValueError(f"--stdio {line!a}: {str(error).lower()}") from None
    if not words:
        raise ValueError("--stdio: give the command that starts the server, as one text")
    return words


def _header(text: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ValueError("--header: write it as 'Name: value', in ASCII")  # its value may be a secret: not repeated
    return match[1], match[2]


def _parser() -> argparse.ArgumentParser:
    options = parser("sentinel mcp scan", _DESCRIPTION, _EPILOG)
    options.add_argument("targets", nargs="*", metavar="URL", help="addresses of MCP servers")
    servers = options.add_argument_group("servers")
    servers.add_argument(
        "--stdio", metavar="COMMAND", action="append", default=[], help="start a server by this command (repeatable)"
    )
    servers.add_argument(
        "--header", metavar="TEXT", action="append", default=[], help="send a header, 'Name: value' (repeatable)"
    )
    servers.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, default=SECONDS, help="how long one server may take (60)"
    )
    add_report_options(options)
    gate = options.add_argument_group("gate")
    add_fail_on(gate)
    gate.add_argument("--baseline", metavar="FILE", help="compare with the approved manifests in FILE")
    gate.add_argument("--save-baseline", metavar="FILE", help="write the manifests of this run to FILE as approved")
    gate.add_argument("--ignore-file", metavar="FILE", help="file of suppressions (default: .sentinelignore here)")
    return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 1 to 3600")
    return seconds


def _refuse(message: str) -> int:
    sys.stderr.write(f"sentinel mcp scan: {message}\n")
    return USAGE_ERROR

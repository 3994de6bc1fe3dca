"""The verbs of `sentinel hook` that people run: install, status, remove."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from agentsentinel_shim import __version__
from agentsentinel_shim.desk.files import Unusable
from agentsentinel_shim.hook.clients import BY_NAME, HookClient
from agentsentinel_shim.hook.install import file_of, install, remove
from agentsentinel_shim.hook.status import checks_of
from agentsentinel_shim.key_file import DEFAULT_KEY_FILE

USAGE_ERROR, NOT_WORKING = 2, 1
EPILOG = """verbs:
  install   write hooks into the client's own configuration, and keep what is there
  status    prove that calls are reported and that a denial takes effect, or say why not; exit code 1 then
  remove    take the hooks out again

Without a verb, it is what the hooks run: `sentinel hook --client NAME` reads the payload of one hook from standard
input, keeps names, times and digests of the call for a process that sends them in the background, prints nothing, and
ends with 0 whatever happens. With --enforce, the hook before a call answers a denial in the client's shape where the
policy or a built-in rule denies the call, and where nothing can decide about it.

clients: {clients}"""


def run(arguments: Sequence[str]) -> int:
    """Run a verb, and return its exit code."""
    options = _parser().parse_args(list(arguments))
    client = BY_NAME[options.client]
    try:
        if options.verb == "status":
            return _status(client, options)
        _check(options)
        (install if options.verb == "install" else remove)(client, options, _say)
    except (ValueError, Unusable) as error:
        sys.stderr.write(f"sentinel hook {options.verb}: {error}\n")
        return USAGE_ERROR
    except OSError as error:
        sys.stderr.write(
            f"sentinel hook {options.verb}: {error.filename}: {(error.strerror or 'cannot be used').lower()}\n"
        )
        return USAGE_ERROR
    return 0


def _status(client: HookClient, options: argparse.Namespace) -> int:
    is_right, deed = True, "reported"
    for check in checks_of(client, file_of(client, options.config), Path.cwd(), must_enforce=options.enforce):
        _say(f"{'ok     ' if check.is_right else 'PROBLEM'}  {check.text}")
        is_right = is_right and check.is_right
        deed = "reported, and a denial takes effect" if check.is_proof else deed
    _say(f"{client.title}: calls are {deed}" if is_right else f"{client.title}: there are problems")
    if deed != "reported":
        _say(f"No denial reaches {client.beyond}.")
    if client.needs_trust and is_right:
        _say("Codex runs a hook that has changed since it was trusted only after it is trusted again: look at /hooks.")
    return 0 if is_right else NOT_WORKING


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sentinel hook",
        description="Report the tool calls of a coding agent by its own hooks.",
        epilog=EPILOG.format(clients=", ".join(BY_NAME)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"sentinel {__version__}")
    parser.add_argument("verb", metavar="VERB", choices=("install", "status", "remove"), help="one of the verbs below")
    parser.add_argument("--client", metavar="NAME", required=True, choices=tuple(BY_NAME), help="the coding agent")
    parser.add_argument("--config", metavar="FILE", type=Path, help="this file (default: where the client keeps it)")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    parser.add_argument("--sentinel-url", metavar="URL", help="AgentSentinel (default: SENTINEL_URL of the client)")
    parser.add_argument("--api-key-file", metavar="FILE", type=Path, help=f"default: {DEFAULT_KEY_FILE}")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="install: judge calls by the rules in this file")
    parser.add_argument(
        "--enforce",
        action="store_true",
        help="install: refuse what is denied; without it, events say what would be refused. status: demand it",
    )
    return parser


def _check(options: argparse.Namespace) -> None:
    parts = urlsplit(options.sentinel_url or "http://localhost")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("--sentinel-url must begin with http:// or https://")
    if parts.username is not None:
        raise ValueError("--sentinel-url holds a user name, which is not written into configuration files")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")

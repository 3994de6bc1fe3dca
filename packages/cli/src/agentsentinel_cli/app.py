"""The `sentinel` command: dispatches to a verb and imports only that verb's module, so that `--help` starts fast."""

from __future__ import annotations

import errno
import os
import sys

from agentsentinel_cli import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # `sentinel hook` starts for every tool call of a coding agent: it loads no module for types
    from collections.abc import Sequence

VERBS: dict[str, tuple[str, str]] = {
    "scan": ("agentsentinel_cli.commands.scan", "find the tools of agents in source code, and what is wrong with them"),
    "discover": ("agentsentinel_cli.commands.discover", "find AI agents that run on hosts, networks and in containers"),
    "rules": ("agentsentinel_cli.commands.rules", "list the rules"),
    "explain": ("agentsentinel_cli.commands.explain", "show what a rule looks for, why it matters, and what to do"),
    "hook": ("agentsentinel_cli.commands.hook", "report the tool calls of a coding agent by its own hooks"),
    "mcp": ("agentsentinel_cli.commands.mcp", "list the MCP servers of AI clients, and find what is wrong with one"),
    "policy": ("agentsentinel_cli.commands.policy", "check a policy, replay recorded calls, or suggest one"),
    "shim": ("agentsentinel_cli.commands.shim", "watch an MCP server: relay its messages, report each tool call"),
}
"""Verb -> (module, help text). The module's `run(arguments)` returns the exit code."""

USAGE_ERROR = 2
_INTERRUPTED = 130
_OUTPUT_IS_FULL = (errno.EIO, errno.EFBIG, errno.ENOSPC)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `sentinel` command and return its exit code; `arguments` default to those of the process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_closed_streams()
    code = 0
    try:
        try:
            code = _run(words)
        finally:  # `--help` ends by SystemExit
            sys.stdout.flush()
    except BrokenPipeError:
        _close_output()  # its reader has gone (`| head`)
    except OSError as error:
        if error.errno not in _OUTPUT_IS_FULL or error.filename is not None:
            raise
        _close_output()
        sys.stderr.write(f"sentinel: cannot write to standard output: {error.strerror}\n")
        return USAGE_ERROR
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _close_output() -> None:
    """Put the null device in the place of standard output: Python would raise again when it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_closed_streams() -> None:
    """Put the null device in the place of standard streams that the caller closed (`>&-`), which are None in Python."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 (open until the process ends)


def _run(words: Sequence[str]) -> int:
    """Run a verb, and return its exit code."""
    if not words or words[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0
    if words[0] in ("-V", "--version"):
        sys.stdout.write(f"sentinel {__version__}\n")
        return 0
    if words[0] not in VERBS:
        sys.stderr.write(f"sentinel: there is no verb {words[0]!a}; `sentinel --help` lists them\n")
        return USAGE_ERROR
    module = __import__(VERBS[words[0]][0], fromlist=["run"])  # `importlib` is another millisecond of each hook
    return int(module.run(words[1:]))


def _help() -> str:
    verbs = "".join(f"  {name:<10}{what}\n" for name, (_, what) in VERBS.items())
    return (
        "Usage: sentinel [--help] [--version] VERB ...\n\n"
        "Find AI agents and what is wrong with them.\n\n"
        f"Verbs:\n{verbs}\n"
        "`sentinel VERB --help` shows the options of a verb.\n"
    )
